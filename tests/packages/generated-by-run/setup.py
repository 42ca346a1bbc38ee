"""`build_ext.run` starts a generator that writes C sources into `build/`, in the style of libvirt-python."""

import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class GeneratingBuildExt(build_ext):
    def run(self):
        if not os.path.isdir("build"):
            os.makedirs("build")
        for name in ("first", "second"):
            self.spawn([sys.executable, "generator.py", name, "build"])
        # The headers of the generated sources are found beside them.
        self.include_dirs.append("build")
        build_ext.run(self)


setup(
    name="generated-by-run",
    version="1.0",
    cmdclass={"build_ext": GeneratingBuildExt},
    ext_modules=[
        Extension("first", ["build/first.c", "common.c"], define_macros=[("VAL", "1")]),
        Extension("second", ["build/second.c", "common.c"], define_macros=[("VAL", "2")]),
    ],
)
