"""`build_extension` gives the finished module another name, without the suffix of this Python."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class RenamingBuildExt(build_ext):
    def build_extension(self, ext):
        build_ext.build_extension(self, ext)
        built = self.get_ext_fullpath(ext.name)
        os.rename(built, os.path.join(os.path.dirname(built), ext.name + ".so"))


setup(
    name="renames-result",
    version="1.0",
    cmdclass={"build_ext": RenamingBuildExt},
    ext_modules=[
        Extension("one", ["one.c", "common.c"], define_macros=[("VAL", "1")]),
        Extension("two", ["two.c", "common.c"], define_macros=[("VAL", "2")]),
    ],
)
