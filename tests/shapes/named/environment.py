"""CPATH in the environment points the compiler to another folder of headers for each extension."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        folder = os.path.join("headers", ext.name)
        os.makedirs(folder)
        with open(os.path.join(folder, "optional.h"), "w") as file:
            file.write("#define VALUE %d\n" % ord(ext.name))
        os.environ["CPATH"] = folder
        super().build_extension(ext)
        del os.environ["CPATH"]


setup(
    name="environment",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["value.c"], define_macros=[("MODULE", name), ("HEADER", "<optional.h>")]) for name in "abc"],
)
