"""A thin archive only names its object, which is compiled anew with another number before each extension."""

import os
import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        self.compiler.compile(["common.c"], macros=[("VAL", str(ord(ext.name)))])
        if not os.path.exists("libthin.a"):
            subprocess.check_call(["ar", "rcTD", "libthin.a", "common.o"])
        super().build_extension(ext)


setup(
    name="thin-archive",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension(name, [name + ".c"], define_macros=[("CALLS", "common_value")], extra_objects=["libthin.a"]) for name in "ab"
    ],
)
