"""The compiler's `as` keeps a log; between the extensions Python rewrites what the next one is made of, by the log."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

os.mkdir("tools")
with open("tools/as", "w") as file:
    file.write('#!/bin/sh\necho run >> log.txt\nexec /usr/bin/as "$@"\n')
os.chmod("tools/as", 0o755)


class BuildExt(build_ext):
    def build_extension(self, ext):
        with open("made.h", "w") as file:
            file.write("#define MADE_FOR %d\n" % ord(ext.name))
        if ext.name == "d":
            with open("log.txt") as file:
                print(len(file.readlines()))
        try:
            super().build_extension(ext)
        except Exception as error:
            print("not built:", error)


setup(
    name="assembler-counts-and-python-reads",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension(name, [name + ".c", "common.c"], extra_compile_args=["-Btools", "-include", "made.h"])
        for name in "abcd"
    ],
)
with open("log.txt") as file:
    print(len(file.readlines()))
