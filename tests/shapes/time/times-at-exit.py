"""As the interpreter ends, the times of the outputs are compared with those of files written between the calls."""

import atexit
import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

paths = []


def compare():
    times = [os.stat(path).st_mtime_ns for path in paths]
    print("in order" if times == sorted(times) else "not in order", len(times))


atexit.register(compare)


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        with open("between-%s.txt" % ext.name, "w") as file:
            file.write("between")
        paths.extend([self.get_ext_fullpath(ext.name), file.name])


setup(
    name="times-at-exit",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
