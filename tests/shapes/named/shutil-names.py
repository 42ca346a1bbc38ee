"""`copyfile`, `move`, `copytree` and `rmtree` are imported by name from shutil and used on outputs between calls."""

import os
from shutil import copyfile, copytree, move, rmtree

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        path = self.get_ext_fullpath(ext.name)
        if ext.name == "a":
            copyfile(path, "a-copy.so")
        elif ext.name == "b":
            move(path, "b-moved.so")
        elif ext.name == "c":
            copytree(self.build_temp, "objects")
            rmtree(self.build_temp)
            os.mkdir(self.build_temp)
        print(sorted(os.listdir(self.build_lib)))


setup(
    name="shutil-names",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abcd"],
)
