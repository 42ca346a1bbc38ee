"""The compiler's warning holds bytes that are not UTF-8, and Python prints such bytes too."""

import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

with open("latin.c", "wb") as file:
    file.write(b'#include "module.h"\n#warning "caf\xe9 \xff\x01"\n')


class BuildExt(build_ext):
    def build_extension(self, ext):
        sys.stdout.flush()
        sys.stdout.buffer.write(b"before \xfe\n")
        sys.stdout.buffer.flush()
        super().build_extension(ext)


setup(
    name="bytes-that-are-no-text",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["latin.c"], define_macros=[("MODULE", name)]) for name in ("one", "two")],
)
