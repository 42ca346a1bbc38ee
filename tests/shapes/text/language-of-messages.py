"""LC_ALL and GCC_COLORS change between the calls, and so do the quotes and colours of the compiler's messages."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

settings = {"one": ("C", ""), "two": ("C.UTF-8", ""), "three": ("C.UTF-8", "warning=01;31")}


class BuildExt(build_ext):
    def build_extension(self, ext):
        os.environ["LC_ALL"], os.environ["GCC_COLORS"] = settings[ext.name]
        super().build_extension(ext)


setup(
    name="language-of-messages",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension(name, ["warning.c"], define_macros=[("MODULE", name), ("MODULE", name + "_")], extra_compile_args=["-fdiagnostics-color=always"])
        for name in ("one", "two", "three")
    ],
)
