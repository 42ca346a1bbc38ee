"""The third extension is compiled by a script that loads the first one's module to know which number it has to use."""

import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

SCRIPT = """
import ctypes, glob, os, sys
number = ctypes.CDLL(glob.glob("build/lib*/a.*.so")[0]).number()
os.execvp("gcc", ["gcc", "-DVALUE=%d" % (number + 1)] + sys.argv[1:])
"""
with open("wrapper.py", "w") as file:
    file.write(SCRIPT)


class BuildExt(build_ext):
    def build_extension(self, ext):
        if ext.name == "c":
            command = [sys.executable, "-S", "-E", "wrapper.py"] + self.compiler.compiler_so[1:]
            self.compiler.set_executable("compiler_so", command)
        super().build_extension(ext)


setup(
    name="compiler-of-another-module",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"], define_macros=[("VALUE", "41")][name == "c" :]) for name in "abc"],
)
