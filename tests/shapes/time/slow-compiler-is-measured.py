"""The compiler is a script that sleeps for a moment; Python checks that each call took at least as long."""

import os
import time

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

with open("slow.sh", "w") as file:
    file.write('#!/bin/sh\nsleep 0.2\nexec gcc "$@"\n')
os.chmod("slow.sh", 0o755)
os.environ["CC"] = "./slow.sh"


class BuildExt(build_ext):
    def build_extension(self, ext):
        start = time.monotonic()
        super().build_extension(ext)
        print(ext.name, "slow enough" if time.monotonic() - start > 0.19 else "too fast")


setup(
    name="slow-compiler-is-measured",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
