"""`os.system("echo ...")` prints between compilations with warnings, past Python's own buffer."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        print("python before", ext.name)
        os.system("echo shell before %s" % ext.name)
        super().build_extension(ext)
        os.system("echo shell after %s >&2" % ext.name)


setup(
    name="os-system-echo",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["warning.c"], define_macros=[("MODULE", name)]) for name in ("one", "two")],
)
