"""A file that stays open is read and written at an offset that each build moves, also behind a failure."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

with open("offsets.bin", "wb") as file:
    file.write(bytes(range(64)))
BYTES = open("offsets.bin", "r+b", buffering=0)
RAW = os.open("offsets.bin", os.O_RDWR)


class BuildExt(build_ext):
    def build_extension(self, ext):
        print("before", ext.name, BYTES.read(3), os.read(RAW, 2))
        try:
            super().build_extension(ext)
        except Exception as error:
            print("no", ext.name, type(error).__name__)
            BYTES.write(b"NO")
            os.lseek(RAW, 5, os.SEEK_CUR)
        else:
            os.write(RAW, ext.name[:1].encode())
        print("after", ext.name, BYTES.tell(), os.lseek(RAW, 0, os.SEEK_CUR))


setup(
    name="offset-of-open-file",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in ("a", "broken", "b", "c")],
)
