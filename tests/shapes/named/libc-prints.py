"""libc's `puts` and `printf`, through ctypes, with and without `fflush`, around compilations with warnings."""

import ctypes

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

libc = ctypes.CDLL(None)


class BuildExt(build_ext):
    def build_extension(self, ext):
        libc.puts(b"before " + ext.name.encode())
        if ext.name == "two":
            libc.fflush(None)
        super().build_extension(ext)
        libc.printf(b"after %s %d\n", ext.name.encode(), 3)


setup(
    name="libc-prints",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["warning.c"], define_macros=[("MODULE", name)]) for name in ("one", "two", "three")],
)
