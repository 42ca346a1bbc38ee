"""The extensions' list is made by a generator that runs the C preprocessor while it is iterated in `build_extensions`."""

import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def generate(names):
    for number, name in enumerate(names):
        subprocess.check_call(["gcc", "-E", "-DVAL=%d" % number, "t.c", "-o", "generated.h"])
        yield Extension(name, [name + ".c"], define_macros=[("HEADER", '"generated.h"'), ("VALUE", "preprocessed_value()")])


class BuildExt(build_ext):
    def build_extensions(self):
        for ext in generate("abc"):
            ext._needs_stub = False
            ext._links_to_dynamic = False
            self.build_extension(ext)


setup(
    name="sources-generator-starts-commands",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
