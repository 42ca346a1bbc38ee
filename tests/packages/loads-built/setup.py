"""Each module is loaded with ctypes as soon as it is built."""

import ctypes
import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class LoadingBuildExt(build_ext):
    def build_extension(self, ext):
        build_ext.build_extension(self, ext)
        built = os.path.abspath(self.get_ext_fullpath(ext.name))
        value = ctypes.CDLL(built).common_value()
        with open(built + ".txt", "w") as file:
            file.write("{}\n".format(value))


setup(
    name="loads-built",
    version="1.0",
    cmdclass={"build_ext": LoadingBuildExt},
    ext_modules=[
        Extension("one", ["one.c", "common.c"], define_macros=[("VAL", "1")]),
        Extension("two", ["two.c", "common.c"], define_macros=[("VAL", "2")]),
    ],
)
