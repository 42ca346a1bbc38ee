"""After the second module the process replaces itself by `os.execvp` with a program that lists the build folder."""

import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        if ext.name == "b":
            sys.stdout.flush()
            os.execvp("sh", ["sh", "-c", "cd build && ls lib* temp*"])


setup(
    name="exec-replaces-python",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
