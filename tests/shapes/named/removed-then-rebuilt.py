"""A module is built, removed, and built again in the same call with another macro; the first one's bytes are kept."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        path = self.get_ext_fullpath(ext.name)
        with open(path, "rb") as file:
            data = file.read()
        os.remove(path)
        self.compiler.force = True
        ext.define_macros.append(("VALUE", "123456"))
        super().build_extension(ext)
        with open(path, "rb") as file:
            print(ext.name, file.read() == data)
        with open(ext.name + "-first.so", "wb") as file:
            file.write(data)


setup(
    name="removed-then-rebuilt",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
