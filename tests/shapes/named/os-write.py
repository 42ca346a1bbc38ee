"""`os.write` to the descriptors 1 and 2, without any file object, around compilations with warnings."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        os.write(1, b"before %s\n" % ext.name.encode())
        super().build_extension(ext)
        os.write(2, b"after %s\n" % ext.name.encode())
        os.writev(1, [b"and ", b"more\n"])


setup(
    name="os-write",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["warning.c"], define_macros=[("MODULE", name)]) for name in ("one", "two")],
)
