"""A file that is mapped into memory is changed through the map around each build, also behind a failure."""

import mmap

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

with open("mapped.bin", "wb") as file:
    file.write(b"." * 4096)
FILE = open("mapped.bin", "r+b")
MAP = mmap.mmap(FILE.fileno(), 4096)


class BuildExt(build_ext):
    def build_extension(self, ext):
        at = MAP.find(b".")
        MAP[at : at + 1] = b"<"
        try:
            super().build_extension(ext)
        except Exception:
            MAP[at + 1 : at + 3] = b"NO"
        else:
            MAP[at + 1 : at + 2] = ext.name.encode()
        with open("mapped.bin", "rb") as file:
            print(file.read(40))


setup(
    name="written-through-map",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in ("a", "broken", "b", "c")],
)
