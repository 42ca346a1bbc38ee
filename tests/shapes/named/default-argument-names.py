"""`os.rename` and `os.path.getsize` are default arguments of a function that is called after each module."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def measure(path, rename=os.rename, getsize=os.path.getsize, exists=os.path.exists):
    size = getsize(path)
    rename(path, path + ".tmp")
    there = exists(path)
    rename(path + ".tmp", path)
    return size, there


class BuildExt(build_ext):
    size = 0

    def build_extension(self, ext):
        ext.define_macros.append(("VALUE", str(self.size)))
        super().build_extension(ext)
        self.size, there = measure(self.get_ext_fullpath(ext.name))
        print(ext.name, there)


setup(
    name="default-argument-names",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
