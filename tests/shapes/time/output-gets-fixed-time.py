"""Each module's times are set to a fixed date after it is built, and are still that when the interpreter ends."""

import atexit
import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def show(path):
    print(os.path.basename(path).split(".")[0], int(os.stat(path).st_mtime))


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        path = self.get_ext_fullpath(ext.name)
        os.utime(path, (1200000000, 1200000000 + len(self.extensions)))
        atexit.register(show, path)


setup(
    name="output-gets-fixed-time",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
