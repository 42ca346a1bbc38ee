"""A timer interrupts Python all the time, and its handler looks at what is being built."""

import os
import signal

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        try:
            super().build_extension(ext)
        except Exception:
            print("not built:", ext.name)
        BuildExt.last = self.get_ext_fullpath(ext.name)

    last = "setup.py"


def look(*_):
    os.path.exists(BuildExt.last)


signal.signal(signal.SIGALRM, look)
signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
setup(
    name="timer-looks-at-modules",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension("p%d.a" % number, ["a.c"], define_macros=[("N", number)]) for number in range(12)],
)
signal.setitimer(signal.ITIMER_REAL, 0)
