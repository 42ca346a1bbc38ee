# exit code: 1
"""At the second module's path lies a folder, so its link fails."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        if ext.name == "b":
            os.makedirs(self.get_ext_fullpath(ext.name))
            os.utime(self.get_ext_fullpath(ext.name), (1, 1))
        super().build_extension(ext)
        print("built", ext.name)


setup(
    name="module-is-a-folder",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
