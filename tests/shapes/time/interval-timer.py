"""A timer signal comes every few milliseconds while modules are built; its handler takes care that a file's text grows."""

import os
import signal

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ticks = []
signal.signal(signal.SIGALRM, lambda number, frame: ticks.append(number))
signal.setitimer(signal.ITIMER_REAL, 0.005, 0.005)


class BuildExt(build_ext):
    def build_extension(self, ext):
        before = len(ticks)
        super().build_extension(ext)
        print(ext.name, len(ticks) > before, os.path.exists(self.get_ext_fullpath(ext.name)))


setup(
    name="interval-timer",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
signal.setitimer(signal.ITIMER_REAL, 0)
