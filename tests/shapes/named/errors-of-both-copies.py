"""The exception of a failed compilation is compared with those of distutils, setuptools and setuptools' own copy."""

import importlib

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def classes(name):
    for module in ("distutils.errors", "setuptools.errors", "setuptools._distutils.errors"):
        try:
            yield module, getattr(importlib.import_module(module), name)
        except (ImportError, AttributeError):
            pass


class BuildExt(build_ext):
    def build_extension(self, ext):
        try:
            super().build_extension(ext)
        except Exception as error:
            for name in ("CompileError", "LinkError", "CCompilerError", "DistutilsError"):
                print(ext.name, name, [(module, isinstance(error, kind)) for module, kind in classes(name)])


setup(
    name="errors-of-both-copies",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension("broken", ["broken.c"]),
        Extension("unlinked", ["unlinked.c"], extra_link_args=["-Wl,-z,defs"]),
        Extension("a", ["a.c"]),
    ],
)
