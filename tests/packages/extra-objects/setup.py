"""Extensions link objects that others have made: a process of Python's own, and an extension before them."""

import os
import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class PrebuildingBuildExt(build_ext):
    def run(self):
        subprocess.check_call([os.environ.get("CC", "cc"), "-fPIC", "-c", "prebuilt.c", "-o", "prebuilt.o"])
        build_ext.run(self)


setup(
    name="extra-objects",
    version="1.0",
    cmdclass={"build_ext": PrebuildingBuildExt},
    ext_modules=[
        Extension("one", ["one.c", "common.c"], define_macros=[("VAL", "1")], extra_objects=["prebuilt.o"]),
        # setup.cfg says where objects are.
        Extension("again", ["again.c"], extra_objects=["build/temp/common.o"]),
        Extension("two", ["two.c", "common.c"], define_macros=[("VAL", "2")], extra_objects=["prebuilt.o"]),
        Extension("both", ["again.c"], extra_objects=["build/temp/common.o", "build/temp/one.o", "prebuilt.o"]),
    ],
)
