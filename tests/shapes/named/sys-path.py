"""The folder of built modules is put first on `sys.path` after the first one, which is then imported by the next call."""

import importlib
import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        if ext.name != "a":
            previous = importlib.import_module(chr(ord(ext.name) - 1))
            ext.define_macros.append(("VALUE", str(previous.number + 1)))
        super().build_extension(ext)
        path = os.path.abspath(self.build_lib)
        if path not in sys.path:
            sys.path.insert(0, path)
        importlib.invalidate_caches()


setup(
    name="sys-path",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
