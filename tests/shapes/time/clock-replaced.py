"""`time.time`, `time.monotonic` and `time.sleep` are replaced by a clock that only moves when it is read."""

import itertools
import time

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ticks = itertools.count(1000)
time.time = time.monotonic = lambda: float(next(ticks))
time.sleep = lambda seconds: None


class BuildExt(build_ext):
    def build_extension(self, ext):
        ext.define_macros.append(("VALUE", str(int(time.time()))))
        super().build_extension(ext)


setup(
    name="clock-replaced",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
