"""The second extension depends by its `depends` on the first one's module, and so is rebuilt though its own is newer in part."""

import os
import time

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extensions(self):
        first, second = self.extensions
        os.makedirs(self.build_lib)
        with open(self.get_ext_fullpath("b"), "w") as file:
            file.write("old, but newer than its source\n")
        old = time.time() - 1000
        os.utime("b.c", (old - 100, old - 100))
        os.utime(self.get_ext_fullpath("b"), (old, old))
        self.build_extension(first)
        second.depends.append(self.get_ext_fullpath("a"))
        self.build_extension(second)


setup(
    name="depends-on-previous-module",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
