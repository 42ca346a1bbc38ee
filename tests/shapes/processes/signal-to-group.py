"""The project leads a process group of its own, ignores SIGUSR1 itself, and sends it to the whole group between calls."""

import os
import signal

if os.getpgrp() != os.getpid():
    os.setpgid(0, 0)

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        signal.signal(signal.SIGUSR1, lambda number, frame: print("signal after", ext.name))
        os.killpg(os.getpgrp(), signal.SIGUSR1)


setup(
    name="signal-to-group",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
