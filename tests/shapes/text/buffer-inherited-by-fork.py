"""A forked child inherits text that the parent has not flushed and prints it once more when it exits."""

import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        print("not flushed", ext.name)
        child = os.fork()
        if child == 0:
            sys.stdout.flush()
            os._exit(0)
        os.waitpid(child, 0)


setup(
    name="buffer-inherited-by-fork",
    version="1.0",
    script_args=["-q"] + sys.argv[1:],
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["warning.c"], define_macros=[("MODULE", name)]) for name in ("one", "two")],
)
