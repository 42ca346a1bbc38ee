"""DEPENDENCIES_OUTPUT makes the compiler append rules to one file, in the order of the compilations."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        os.environ["DEPENDENCIES_OUTPUT"] = "rules.d all-" + ext.name
        super().build_extension(ext)
        del os.environ["DEPENDENCIES_OUTPUT"]
        with open("rules.d") as file:
            print(sum(line.startswith("all-") for line in file))


setup(
    name="dependencies-by-environment",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c", "common.c"]) for name in "abc"],
)
