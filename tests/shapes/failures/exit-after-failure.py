# exit code: 1
"""`sys.exit(9)` stands behind the link that fails, so the exit code is that of the failure."""

import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        if ext.name == "unlinked":
            os.makedirs("reached")
            sys.exit(9)


setup(
    name="exit-after-failure",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension("a", ["a.c"]), Extension("unlinked", ["unlinked.c"], extra_link_args=["-Wl,-z,defs"])],
)
