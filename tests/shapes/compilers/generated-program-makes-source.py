"""A program is compiled and linked by the compiler, run without input, and prints the next header."""

import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        objects = self.compiler.compile(["chain.c"], output_dir="tool-" + ext.name, macros=[("VAL", str(ord(ext.name)))])
        self.compiler.link_executable(objects, "tool-%s/tool" % ext.name)
        output = subprocess.check_output(["tool-%s/tool" % ext.name], stdin=subprocess.DEVNULL)
        with open("made.h", "wb") as file:
            file.write(b"#define VALUE " + output)
        super().build_extension(ext)


setup(
    name="generated-program-makes-source",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"], define_macros=[("HEADER", '"made.h"')]) for name in "ab"],
)
