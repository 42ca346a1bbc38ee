"""After an extension is built, its module is imported and writes the source of the next one."""

import importlib
import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        sys.path.insert(0, os.path.abspath(self.build_lib))
        importlib.invalidate_caches()
        module = importlib.import_module(ext.name)
        with open("next-%s.c" % ext.name, "w") as file:
            file.write('#define VALUE %d\n#include "module.h"\n' % (module.number + 10))


setup(
    name="writes-source-for-next",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension("one", ["value.c"], define_macros=[("MODULE", "one")]),
        Extension("two", ["next-one.c"], define_macros=[("MODULE", "two")]),
        Extension("three", ["next-two.c"], define_macros=[("MODULE", "three")]),
    ],
)
