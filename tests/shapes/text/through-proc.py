"""Lines are written by opening /proc/self/fd/1 or /dev/stderr anew each time."""

import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        sys.stdout.flush()
        with open("/proc/self/fd/1", "a") as file:
            file.write("before %s\n" % ext.name)
        super().build_extension(ext)
        with open("/dev/stderr", "a") as file:
            file.write("after %s\n" % ext.name)


setup(
    name="through-proc",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["value.c"], define_macros=[("MODULE", name)]) for name in ("one", "two")],
)
