"""`os.nice` raises the niceness between calls; a helper shows what a child process would get."""

import os
import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

start = os.nice(0)


class BuildExt(build_ext):
    def build_extension(self, ext):
        os.nice(1)
        super().build_extension(ext)
        child = int(subprocess.check_output(["nice"]))
        ext.define_macros.append(("VALUE", "1"))
        print(ext.name, os.nice(0) - start, child - start)


setup(
    name="nice",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
