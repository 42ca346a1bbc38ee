# exit code: 1
"""SIGTERM is sent to the process itself after each module; its handler would exit with 4 at the second one, which fails before."""

import os
import signal
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

received = []


def handler(number, frame):
    received.append(number)
    print("signal", len(received), flush=True)
    if len(received) > 1:
        sys.exit(4)


signal.signal(signal.SIGTERM, handler)


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        os.kill(os.getpid(), signal.SIGTERM)


setup(
    name="signal-after-failure",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
