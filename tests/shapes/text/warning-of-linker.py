"""The linker warns (of an executable stack) and the compiler too, with lines of Python before, between and after."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def get_libraries(self, ext):
        os.write(2, b"between %s\n" % ext.name.encode())
        return super().get_libraries(ext)

    def build_extension(self, ext):
        os.write(2, b"before %s\n" % ext.name.encode())
        super().build_extension(ext)
        os.write(2, b"after %s\n" % ext.name.encode())


setup(
    name="warning-of-linker",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension(name, ["warning.c"], define_macros=[("MODULE", name)], extra_link_args=["-Wl,-z,no-such-keyword"])
        for name in ("one", "two")
    ],
)
