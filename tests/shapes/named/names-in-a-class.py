"""A class holds `os.stat`, `os.remove` and `open` as static attributes; a module is looked at and one removed by them."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class Disk:
    stat = staticmethod(os.stat)
    remove = staticmethod(os.remove)
    read = staticmethod(open)


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        path = self.get_ext_fullpath(ext.name)
        with Disk.read(path, "rb") as file:
            print(ext.name, file.read(4), Disk.stat(path).st_nlink)
        if ext.name == "a":
            Disk.remove(path)


setup(
    name="names-in-a-class",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
