"""`builtins.print` is replaced by one that numbers its lines; the compiler's lines come between."""

import builtins
import itertools

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

number = itertools.count(1)
original = print


def numbered(*args, **kwargs):
    original("%02d" % next(number), *args, **kwargs)


builtins.print = numbered


class BuildExt(build_ext):
    def build_extension(self, ext):
        print("before", ext.name, flush=True)
        super().build_extension(ext)
        print("after", ext.name, flush=True)


setup(
    name="print-replaced",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["warning.c"], define_macros=[("MODULE", name)]) for name in ("one", "two")],
)
