"""A fresh interpreter imports the built module and prints its number, which goes into the next module."""

import os
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    number = 1

    def build_extension(self, ext):
        ext.define_macros.append(("VALUE", str(self.number * 3)))
        super().build_extension(ext)
        code = "import %s as module; print(module.number)" % ext.name
        environment = dict(os.environ, PYTHONPATH=self.build_lib)
        self.number = int(subprocess.check_output([sys.executable, "-S", "-c", code], env=environment))


setup(
    name="import-in-subprocess",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
