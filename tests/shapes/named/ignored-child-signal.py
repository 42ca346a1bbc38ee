"""SIGCHLD has a Python handler that counts ended children; compilers are some of them."""

import signal
import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ended = []
signal.signal(signal.SIGCHLD, lambda number, frame: ended.append(number))


class BuildExt(build_ext):
    def build_extension(self, ext):
        before = len(ended)
        super().build_extension(ext)
        print(ext.name, len(ended) - before)
        subprocess.check_call(["true"])
        print("and", len(ended) - before)


setup(
    name="ignored-child-signal",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
