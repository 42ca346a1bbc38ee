"""Lines written to `sys.stderr` and warnings of the compiler alternate; all of them are unbuffered."""

import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        sys.stderr.write("before %s\n" % ext.name)
        super().build_extension(ext)
        sys.stderr.write("after ")
        print(ext.name, file=sys.stderr)


setup(
    name="stderr-writes",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["warning.c"], define_macros=[("MODULE", name)]) for name in ("one", "two", "three")],
)
