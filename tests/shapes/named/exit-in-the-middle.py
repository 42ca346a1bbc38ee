# exit code: 5
"""`sys.exit(5)` after the second of four modules; the others must not be there."""

import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        if ext.name == "b":
            sys.exit(5)


setup(
    name="exit-in-the-middle",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abcd"],
)
