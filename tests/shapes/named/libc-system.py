"""libc's `system` and `popen`, through ctypes, measure the modules without any Python function for processes."""

import ctypes

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

libc = ctypes.CDLL(None)


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        path = self.get_ext_fullpath(ext.name)
        libc.system(("wc -c < %s >> sizes.txt" % path).encode())


setup(
    name="libc-system",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
