"""A header stays open for writing during the whole build and is rewritten by its descriptor between two extensions."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

header = os.open("generated.h", os.O_RDWR | os.O_CREAT, 0o644)


class BuildExt(build_ext):
    def build_extension(self, ext):
        os.pwrite(header, b"#define VALUE %3d\n" % ord(ext.name), 0)
        super().build_extension(ext)


setup(
    name="open-descriptor-rewrites",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"], define_macros=[("HEADER", '"generated.h"')]) for name in "abc"],
)
os.ftruncate(header, 0)
