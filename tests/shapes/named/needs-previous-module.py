"""Each extension is linked with the previous one's module by its path and calls its function."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    previous = None

    def build_extension(self, ext):
        if self.previous:
            ext.extra_link_args = [self.previous, "-Wl,-rpath,$ORIGIN"]
        super().build_extension(ext)
        self.previous = self.get_ext_fullpath(ext.name)


setup(
    name="needs-previous-module",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension("a", ["a.c", "common.c"]),
        Extension("b", ["b.c"], define_macros=[("CALLS", "common_value")]),
        Extension("c", ["c.c"], define_macros=[("CALLS", "common_value")]),
    ],
)
