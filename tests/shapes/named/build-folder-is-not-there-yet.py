"""The project makes the folder `build` itself, after its first commands have been run elsewhere."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extensions(self):
        for name in "ab":
            self.compiler.compile([name + ".c"], output_dir="first")
            print(name, os.path.exists("build"), sorted(os.listdir(".")))
        if not os.path.exists("build"):
            os.mkdir("build")
            print(os.listdir("build"))
        super().build_extensions()


setup(
    name="build-folder-is-not-there-yet",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
