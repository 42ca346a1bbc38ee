"""Each extension is built from a folder of its own, by `os.chdir` and back."""

import os
import shutil

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        here = os.getcwd()
        os.mkdir("in-" + ext.name)
        for name in ("value.c", "module.h"):
            shutil.copy(name, "in-" + ext.name)
        os.chdir("in-" + ext.name)
        try:
            super().build_extension(ext)
        finally:
            os.chdir(here)


setup(
    name="working-directory",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["value.c"], define_macros=[("MODULE", name)]) for name in ("one", "two")],
)
