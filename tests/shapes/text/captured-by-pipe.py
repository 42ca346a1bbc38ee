"""Both outputs of each build go into a pipe; its lines are printed in reverse order after the module."""

import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        sys.stdout.flush()
        sys.stderr.flush()
        reading, writing = os.pipe()
        saved = os.dup(1), os.dup(2)
        os.dup2(writing, 1)
        os.dup2(writing, 2)
        os.close(writing)
        super().build_extension(ext)
        sys.stdout.flush()
        for number, copy in zip((1, 2), saved):
            os.dup2(copy, number)
            os.close(copy)
        with os.fdopen(reading) as file:
            for line in reversed(file.read().splitlines()):
                print("captured:", line)


setup(
    name="captured-by-pipe",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["warning.c"], define_macros=[("MODULE", name)]) for name in ("one", "two")],
)
