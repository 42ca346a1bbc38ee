"""`-B tools` gives the compiler another `as`, a script that is replaced between the extensions and keeps a count."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

os.mkdir("tools")


class BuildExt(build_ext):
    def build_extension(self, ext):
        with open("tools/as", "w") as file:
            file.write('#!/bin/sh\necho %s >> assembled.txt\nexec /usr/bin/as "$@"\n' % ext.name)
        os.chmod("tools/as", 0o755)
        super().build_extension(ext)
        os.remove("tools/as")


setup(
    name="own-assembler",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c", "common.c"], extra_compile_args=["-Btools"]) for name in "ab"],
)
