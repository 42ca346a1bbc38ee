"""libc's own functions, through ctypes, look at a module, rename the next one and read a third."""

import ctypes

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

libc = ctypes.CDLL(None)


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        path = self.get_ext_fullpath(ext.name).encode()
        print(ext.name, libc.access(path, 4))
        if ext.name == "b":
            print(libc.rename(path, b"b-renamed.so"))
        if ext.name == "c":
            buffer = ctypes.create_string_buffer(4)
            descriptor = libc.open(path, 0)
            print(libc.read(descriptor, buffer, 4), buffer.raw)
            libc.close(descriptor)


setup(
    name="libc-on-outputs",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
