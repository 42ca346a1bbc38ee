"""The file that `.incbin` takes into the module is rewritten between two calls."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        with open("data.bin", "wb") as file:
            file.write(b"bytes for " + ext.name.encode())
        super().build_extension(ext)


setup(
    name="incbin-between-calls",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["incbin.c"], define_macros=[("MODULE", name)]) for name in ("one", "two")],
)
