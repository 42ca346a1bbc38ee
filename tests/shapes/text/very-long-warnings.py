"""A source gives far more text of warnings than a pipe holds, between two short lines of Python."""

import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

with open("long.c", "w") as file:
    file.write('#include "module.h"\n')
    for number in range(1500):
        file.write('#warning "number %d of many warnings"\n' % number)


class BuildExt(build_ext):
    def build_extension(self, ext):
        print("before", ext.name, flush=True)
        super().build_extension(ext)
        print("after", ext.name, file=sys.stderr, flush=True)


setup(
    name="very-long-warnings",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["long.c"], define_macros=[("MODULE", name)]) for name in ("one", "two")],
)
