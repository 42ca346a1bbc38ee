"""Prints without flush stand between compilations with warnings; to a pipe, Python's text comes when its buffer is full."""

import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        print("before", ext.name, "." * 3000)
        super().build_extension(ext)
        print("after", ext.name, "." * 3000)


setup(
    name="print-without-flush",
    version="1.0",
    script_args=["-q"] + sys.argv[1:],
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["warning.c"], define_macros=[("MODULE", name)]) for name in ("one", "two", "three")],
)
