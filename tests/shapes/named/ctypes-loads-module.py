"""`ctypes.CDLL` loads each module as soon as it is built and calls its function, whose result goes into the next one."""

import ctypes

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    value = 1

    def build_extension(self, ext):
        ext.define_macros.append(("VALUE", str(self.value)))
        super().build_extension(ext)
        self.value = 2 * ctypes.CDLL("./" + self.get_ext_fullpath(ext.name)).number() + 1


setup(
    name="ctypes-loads-module",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abcd"],
)
