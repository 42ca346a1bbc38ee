"""Descriptor 2 is a log file around `super()`; the log is then searched for a warning, which decides a macro of the next."""

import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    warnings = 0

    def build_extension(self, ext):
        ext.define_macros.append(("VALUE", str(self.warnings)))
        sys.stderr.flush()
        saved = os.dup(2)
        with open("stderr.txt", "wb") as log:
            os.dup2(log.fileno(), 2)
        try:
            super().build_extension(ext)
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)
        with open("stderr.txt") as log:
            text = log.read()
        self.warnings += text.count("warning:")
        print(ext.name, "this source has a warning" in text)


setup(
    name="stderr-log-is-read",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source], define_macros=[("MODULE", name)]) for name, source in (("one", "warning.c"), ("two", "value.c"), ("three", "warning.c"))],
)
