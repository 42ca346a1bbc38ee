# differs: jobs.txt: a command that is up to date is not run, nor is what a wrapper does besides
"""The compiler is a script that leaves a job in the background, which appends to a file after the compiler has ended."""

import os
import time

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

with open("wrapper.sh", "w") as file:
    file.write('#!/bin/sh\ngcc "$@" || exit\n(sleep 0.05; echo job >> jobs.txt) > /dev/null 2>&1 &\n')
os.chmod("wrapper.sh", 0o755)
os.environ["CC"] = "./wrapper.sh"
os.environ["LDSHARED"] = "./wrapper.sh -shared"


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        expected = 2 * (self.extensions.index(ext) + 1)
        while not os.path.exists("jobs.txt") or os.path.getsize("jobs.txt") < 4 * expected:
            time.sleep(0.005)
        print(ext.name, "its jobs have ended")


setup(
    name="wrapper-starts-background-job",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
