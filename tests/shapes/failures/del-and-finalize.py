# exit code: 1
"""A local object's `__del__` and a `weakref.finalize` write files when the failing call leaves them."""

import os
import weakref

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def write(name, text):
    with open(name, "w") as file:
        file.write(text)


class Guard:
    text = "not finished"

    def __init__(self, name):
        self.name = name

    def __del__(self, write=write):
        write("guard-%s.txt" % self.name, self.text)


class BuildExt(build_ext):
    def build_extension(self, ext):
        guard = Guard(ext.name)
        weakref.finalize(ext, write, "finalized-%s.txt" % ext.name, str(os.path.exists("build")))
        super().build_extension(ext)
        guard.text = "finished"


setup(
    name="del-and-finalize",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
