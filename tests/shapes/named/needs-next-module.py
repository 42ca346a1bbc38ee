"""The first extension needs the second one's module by path and so builds that one inside its own call."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        if os.path.exists(self.get_ext_fullpath(ext.name)):
            print(ext.name, "is there already")
            return
        if ext.name == "a":
            second = self.extensions[1]
            self.build_extension(second)
            ext.extra_objects = [self.get_ext_fullpath(second.name)]
        super().build_extension(ext)


setup(
    name="needs-next-module",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension("a", ["a.c"], define_macros=[("CALLS", "common_value")]),
        Extension("b", ["b.c", "common.c"]),
    ],
)
