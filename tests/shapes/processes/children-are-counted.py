# differs: text: a snapshot of Python is one more child of the process
"""The kernel's list of this process's children is read after each module: a plain build has none left."""

import glob
import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def children():
    found = 0
    for name in glob.glob("/proc/[0-9]*/stat"):
        try:
            with open(name) as file:
                found += int(file.read().rsplit(")", 1)[1].split()[1]) == os.getpid()
        except OSError:
            pass
    return found


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        ext.define_macros.append(("VALUE", "0"))
        print(ext.name, children())


setup(
    name="children-are-counted",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
