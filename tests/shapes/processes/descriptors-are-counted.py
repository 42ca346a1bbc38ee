"""The number of open descriptors is the same before and after each call, and the next free one too."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def look():
    descriptor = os.open(os.devnull, os.O_RDONLY)
    os.close(descriptor)
    return len(os.listdir("/proc/self/fd")), descriptor


class BuildExt(build_ext):
    def build_extension(self, ext):
        before = look()
        super().build_extension(ext)
        after = look()
        print(ext.name, after[0] - before[0], after[1] - before[1])


setup(
    name="descriptors-are-counted",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
