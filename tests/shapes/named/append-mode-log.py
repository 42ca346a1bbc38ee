"""One log file stays open in append mode for the whole build, unbuffered, and is read by its name after each module."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

log = open("log.txt", "ab", buffering=0)


class BuildExt(build_ext):
    def build_extension(self, ext):
        log.write(b"begin %s\n" % ext.name.encode())
        super().build_extension(ext)
        log.write(b"end %s\n" % ext.name.encode())
        ext.define_macros.append(("VALUE", "1"))
        print(os.path.getsize("log.txt"), log.tell())


setup(
    name="append-mode-log",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
log.write(b"finished\n")
