"""One response file names another, which names an include folder whose header changes between the extensions."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

os.mkdir("include")
with open("outer.txt", "w") as file:
    file.write("@inner.txt\n")
with open("inner.txt", "w") as file:
    file.write("-I include -include first.h\n")


class BuildExt(build_ext):
    def build_extension(self, ext):
        with open("include/first.h", "w") as file:
            file.write("#define VALUE %d\n" % ord(ext.name))
        super().build_extension(ext)


setup(
    name="nested-response-file",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"], extra_compile_args=["@outer.txt"]) for name in "ab"],
)
