"""SIGCHLD and SIGUSR1 are blocked around the first build; a pending SIGUSR1 arrives when the mask is taken back."""

import os
import signal

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

signal.signal(signal.SIGUSR1, lambda number, frame: print("arrived"))


class BuildExt(build_ext):
    def build_extension(self, ext):
        before = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD, signal.SIGUSR1])
        os.kill(os.getpid(), signal.SIGUSR1)
        print("sent", ext.name)
        super().build_extension(ext)
        print(sorted(int(number) for number in signal.sigpending() if number == signal.SIGUSR1))
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


setup(
    name="blocked-signals",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
