# exit code: 1
"""The compiler's `as` keeps a log, which Python reads before each extension; one source does not compile, and is tried
once more; the log has what became of it."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

os.mkdir("tools")
with open("tools/as", "w") as file:
    file.write('#!/bin/sh\necho run >> log.txt\nexec /usr/bin/as "$@"\n')
os.chmod("tools/as", 0o755)
open("log.txt", "w").close()


def lines():
    with open("log.txt") as file:
        return len(file.readlines())


class BuildExt(build_ext):
    def build_extension(self, ext):
        print(ext.name, lines())
        try:
            super().build_extension(ext)
        except Exception:
            print("not built", lines())
            super().build_extension(ext)


setup(
    name="assembler-logs-and-sources-fail",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension(name, [name + ".c", "common.c"], extra_compile_args=["-Btools"])
        for name in ["a", "b", "c", "broken", "d"]
    ],
)
