"""The folder `build` is a symbolic link to another folder, through whose real name the modules are looked at."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

os.makedirs("elsewhere/real")
os.symlink("elsewhere/real", "build")


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        path = self.get_ext_fullpath(ext.name).replace("build", "elsewhere/real", 1)
        print(ext.name, os.path.exists(path))
        if ext.name == "b":
            os.rename(path, "elsewhere/b.so")


setup(
    name="build-is-a-link",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
