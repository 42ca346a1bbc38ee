"""The modification times of the outputs must be in the order in which the extensions were built."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extensions(self):
        super().build_extensions()
        times = []
        for ext in self.extensions:
            for path in (os.path.join(self.build_temp, ext.name + ".o"), self.get_ext_fullpath(ext.name)):
                times.append(os.stat(path).st_mtime_ns)
        print("in order" if times == sorted(times) else "not in order")


setup(
    name="order-of-times",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "dcba"],
)
