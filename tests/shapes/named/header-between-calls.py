"""A header is written over between two calls, so that each module has another number from the same file."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        with open("generated.h", "w") as file:
            file.write("#define VALUE %d\n" % ord(ext.name))
        super().build_extension(ext)


setup(
    name="header-between-calls",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"], define_macros=[("HEADER", '"generated.h"')]) for name in "abc"],
)
