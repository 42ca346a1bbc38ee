"""The umask is set to 077 by the first call and stays for all that follow, folders included."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        print("%03o" % os.umask(0o077))


setup(
    name="umask-for-good",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name[-1] + ".c"]) for name in ("a", "first.b", "second.c")],
)
