"""A large file is open for writing while a later extension fails, behind a compiler that takes its time."""

import os
import stat
import time

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

try:
    from setuptools.errors import CompileError
except ImportError:
    from distutils.errors import CompileError

os.mkdir("slow")
with open("slow/gcc", "w") as script:
    script.write('#!/bin/sh\nsleep 0.4\nexec /usr/bin/gcc "$@"\n')
os.chmod("slow/gcc", os.stat("slow/gcc").st_mode | stat.S_IXUSR)
os.environ["CC"] = os.path.abspath("slow/gcc")
large = open("large", "wb")
large.write(b"#" * (40 << 20))
large.flush()


class BuildExt(build_ext):
    def build_extension(self, ext):
        if ext.name == "b":
            self.large = open("large", "r+b")
            time.sleep(0.1)
        large.write(ext.name.encode())
        try:
            super().build_extension(ext)
        except CompileError:
            print("no", ext.name)


large.close()
large = open("notes", "wb")
sources = {"a": "a.c", "b": "b.c", "c": "broken.c", "d": "d.c"}
setup(
    name="large-file-stays-open",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in sorted(sources.items())],
)
