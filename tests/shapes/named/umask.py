"""The umask is 077 while the second module is built, so that its files may be read by the owner only."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        if ext.name != "b":
            return super().build_extension(ext)
        before = os.umask(0o077)
        try:
            return super().build_extension(ext)
        finally:
            os.umask(before)


setup(
    name="umask",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
