# exit code: 7
"""`os._exit(7)` directly after the second module: no cleanup of Python runs, and buffered text is lost."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        print("built", ext.name)
        if ext.name == "b":
            os._exit(7)


setup(
    name="hard-exit-in-the-middle",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
