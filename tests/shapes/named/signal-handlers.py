"""A handler of SIGUSR1 counts; the process sends the signal to itself before and after each module."""

import os
import signal

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

received = []


class BuildExt(build_ext):
    def build_extension(self, ext):
        before = signal.signal(signal.SIGUSR1, lambda number, frame: received.append(ext.name))
        print(ext.name, "replaces", "the default" if before == signal.SIG_DFL else "a handler")
        os.kill(os.getpid(), signal.SIGUSR1)
        ext.define_macros.append(("VALUE", str(len(received))))
        super().build_extension(ext)
        os.kill(os.getpid(), signal.SIGUSR1)


setup(
    name="signal-handlers",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
print("".join(received))
