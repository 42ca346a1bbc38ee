"""A header is written by one buffered file object, with `seek`, `truncate` and `flush` between two extensions."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

header = open("generated.h", "w+")


class BuildExt(build_ext):
    def build_extension(self, ext):
        header.seek(0)
        header.truncate()
        print("#define VALUE", ord(ext.name), file=header)
        header.flush()
        super().build_extension(ext)
        header.seek(0)
        print(header.read().strip())


setup(
    name="buffered-header-flushed",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"], define_macros=[("HEADER", '"generated.h"')]) for name in "abc"],
)
