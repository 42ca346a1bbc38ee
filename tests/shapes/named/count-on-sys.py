"""A counter is kept as an attribute of the module `sys`, read by `getattr` with a default."""

import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        number = getattr(sys, "_n", 0)
        ext.define_macros.append(("VALUE", str(number)))
        super().build_extension(ext)
        setattr(sys, "_n", number + len(ext.name) + 1)


setup(
    name="count-on-sys",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abcd"],
)
print("left at", sys._n)
