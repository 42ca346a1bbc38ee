"""`build_extension` copies the finished module into the project, by distutils' own `copy_file`."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class CopyingBuildExt(build_ext):
    def build_extension(self, ext):
        build_ext.build_extension(self, ext)
        self.mkpath("plugins")
        self.copy_file(self.get_ext_fullpath(ext.name), os.path.join("plugins", ext.name + ".plugin"))


setup(
    name="copies-result",
    version="1.0",
    cmdclass={"build_ext": CopyingBuildExt},
    ext_modules=[
        Extension("one", ["one.c", "common.c"], define_macros=[("VAL", "1")]),
        Extension("two", ["two.c", "common.c"], define_macros=[("VAL", "2")]),
    ],
)
