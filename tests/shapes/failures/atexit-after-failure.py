# exit code: 1
"""Functions registered with atexit after each module run at the end; none is registered for the failed one."""

import atexit
import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def report(name, path):
    print("at exit:", name, os.path.exists(path))


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        atexit.register(report, ext.name, self.get_ext_fullpath(ext.name))


setup(
    name="atexit-after-failure",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("b", "b.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
