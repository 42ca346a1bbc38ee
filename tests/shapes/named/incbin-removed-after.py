"""The file that `.incbin` reads is removed directly after the extension that needs it is built."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        with open("data.bin", "wb") as file:
            file.write(b"only for a moment")
        super().build_extension(ext)
        os.unlink("data.bin")


setup(
    name="incbin-removed-after",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["incbin.c"], define_macros=[("MODULE", name)]) for name in ("one", "two")],
)
