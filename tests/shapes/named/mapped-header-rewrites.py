"""A header is mapped into memory before the build; assignments to the mapping change it between two extensions."""

import mmap

with open("generated.h", "w") as file:
    file.write("#define VALUE 000\n")
file = open("generated.h", "r+b")
memory = mmap.mmap(file.fileno(), 0)

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        memory[14:17] = b"%3d" % ord(ext.name)
        super().build_extension(ext)


setup(
    name="mapped-header-rewrites",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"], define_macros=[("HEADER", '"generated.h"')]) for name in "abc"],
)
memory[14:17] = b"  0"
