"""`-Werror` makes the warning of one source an error, which is caught and searched for its message on descriptor 2."""

import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        sys.stderr.flush()
        reading, writing = os.pipe()
        saved = os.dup(2)
        os.dup2(writing, 2)
        os.close(writing)
        try:
            super().build_extension(ext)
            word = "built"
        except Exception:
            word = "failed"
        finally:
            os.dup2(saved, 2)
            os.close(saved)
        with os.fdopen(reading) as file:
            text = file.read()
        print(ext.name, word, "[-Werror=cpp]" in text)


setup(
    name="warnings-are-errors",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension(name, [source], extra_compile_args=["-Werror"], define_macros=[("MODULE", name)])
        for name, source in (("one", "value.c"), ("two", "warning.c"), ("three", "value.c"))
    ],
)
