"""A progress line is written with carriage returns and flushed before and after each module."""

import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        number = self.extensions.index(ext)
        sys.stdout.write("\r%3d%%" % (number * 100 // len(self.extensions)))
        sys.stdout.flush()
        super().build_extension(ext)
        sys.stdout.write("\b\b\b\bdone ")
        sys.stdout.flush()


setup(
    name="carriage-returns",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["warning.c"], define_macros=[("MODULE", name)]) for name in ("one", "two")],
)
