"""The folder of objects is removed after each extension."""

import os
import shutil

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class RemovingBuildExt(build_ext):
    def build_extension(self, ext):
        build_ext.build_extension(self, ext)
        shutil.rmtree(self.build_temp)
        # Older versions of distutils think that a folder they have made once is still there.
        os.makedirs(self.build_temp)
        if ext.name == "two":
            os.remove(self.get_ext_fullpath(ext.name))


setup(
    name="removes-temporary-folder",
    version="1.0",
    cmdclass={"build_ext": RemovingBuildExt},
    ext_modules=[
        Extension("one", ["one.c", "common.c"], define_macros=[("VAL", "1")]),
        Extension("two", ["two.c", "common.c"], define_macros=[("VAL", "2")]),
        Extension("three", ["two.c", "common.c"], define_macros=[("VAL", "3")]),
    ],
)
