"""`signal.signal` and `signal.alarm` surround the build of each extension; both work in the main thread only."""

import signal
import threading

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def give_up(number, frame):
    raise TimeoutError("the compiler takes too long")


class BuildExt(build_ext):
    def build_extension(self, ext):
        before = signal.signal(signal.SIGALRM, give_up)
        signal.alarm(50)
        try:
            super().build_extension(ext)
        finally:
            left = signal.alarm(0)
            signal.signal(signal.SIGALRM, before)
        print(ext.name, left > 0, threading.current_thread() is threading.main_thread())


setup(
    name="signal-inside",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
