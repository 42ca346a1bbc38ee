"""A generator runs before each extension, and writes every time the same files with other content."""

import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class GeneratingBuildExt(build_ext):
    def build_extension(self, ext):
        subprocess.check_call([sys.executable, "generator.py", ext.name])
        build_ext.build_extension(self, ext)


setup(
    name="generated-between",
    version="1.0",
    cmdclass={"build_ext": GeneratingBuildExt},
    ext_modules=[Extension(name, ["generated.c"], depends=["generated.h"]) for name in ("ant", "bee", "cow")],
)
