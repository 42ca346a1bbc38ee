"""A precompiled header is made before the first extension, and made anew with another number before the second."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        with open("precompiled.h", "w") as file:
            file.write("#define VALUE %d\n" % ord(ext.name))
        self.spawn(self.compiler.compiler_so + ["-x", "c-header", "precompiled.h", "-o", "precompiled.h.gch"])
        os.rename("precompiled.h", "hidden.txt")
        super().build_extension(ext)
        os.remove("precompiled.h.gch")


setup(
    name="precompiled-header",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension(name, [name + ".c"], extra_compile_args=["-include", "precompiled.h", "-Winvalid-pch"]) for name in "ab"
    ],
)
