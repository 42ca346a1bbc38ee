"""A copy of descriptor 1 is made before setuptools is imported, and lines are written to it, unbuffered, between warnings."""

import os

copy = os.fdopen(os.dup(1), "wb", 0)

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        copy.write(b"[begin %s]\n" % ext.name.encode())
        super().build_extension(ext)
        copy.write(b"[end %s]\n" % ext.name.encode())


setup(
    name="early-copy-of-stdout",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["warning.c"], define_macros=[("MODULE", name)]) for name in ("one", "two")],
)
