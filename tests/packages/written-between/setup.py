"""Python itself rewrites a header, and removes it, between two extensions that include it."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class WritingBuildExt(build_ext):
    def build_extension(self, ext):
        with open("include/config.h", "w") as file:
            file.write("#define VAL {}\n".format(len(ext.name)))
        build_ext.build_extension(self, ext)
        os.remove("include/config.h")


setup(
    name="written-between",
    version="1.0",
    cmdclass={"build_ext": WritingBuildExt},
    ext_modules=[
        Extension("one", ["value.c"], include_dirs=["include"]),
        Extension("three", ["value.c"], include_dirs=["include"]),
        Extension("eleven", ["value.c"], include_dirs=["include"]),
    ],
)
