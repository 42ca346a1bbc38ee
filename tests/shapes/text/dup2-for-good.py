"""After the first module, descriptor 2 is joined to a file for good; all later messages belong there."""

import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        if ext.name == "one":
            sys.stderr.flush()
            log = os.open("errors.txt", os.O_WRONLY | os.O_CREAT, 0o644)
            os.dup2(log, 2)
            os.close(log)


setup(
    name="dup2-for-good",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["warning.c"], define_macros=[("MODULE", name)]) for name in ("one", "two", "three")],
)
