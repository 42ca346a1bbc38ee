"""The compiler prints to its standard output (`-print-file-name` by a wrapper), which Python's lines surround."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

with open("wrapper.sh", "w") as file:
    file.write('#!/bin/sh\necho "out: $#"\necho "err: $#" >&2\nexec gcc "$@"\n')
os.chmod("wrapper.sh", 0o755)
os.environ["CC"] = "./wrapper.sh"


class BuildExt(build_ext):
    def build_extension(self, ext):
        print("python", ext.name, flush=True)
        super().build_extension(ext)


setup(
    name="output-on-stdout",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c", "common.c"]) for name in "abc"],
)
