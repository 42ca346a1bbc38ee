"""From the second module on, descriptors 1 and 2 lead to a `sed` that numbers what it gets; it is waited for at the end."""

import os
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        if ext.name == "two":
            sys.stdout.flush()
            self.saved = os.dup(1)
            self.filter = subprocess.Popen(["sed", "-n", "s/^.*warning:/[filtered]/p"], stdin=subprocess.PIPE)
            os.dup2(self.filter.stdin.fileno(), 2)
        super().build_extension(ext)

    def run(self):
        error = os.dup(2)
        super().run()
        os.dup2(error, 2)
        self.filter.stdin.close()
        print("filter ended with", self.filter.wait())


setup(
    name="through-a-filter",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["warning.c"], define_macros=[("MODULE", name)]) for name in ("one", "two", "three")],
)
