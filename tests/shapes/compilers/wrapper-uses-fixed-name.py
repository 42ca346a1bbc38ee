"""The compiler is a script that compiles to a file of a fixed name in the working folder and then moves it."""

import os

from setuptools import Extension, setup

SCRIPT = """#!/bin/sh
for word; do
    test "$previous" = -o && target=$word
    previous=$word
done
gcc "$@" -o temporary.out && mv temporary.out $target
"""
with open("wrapper.sh", "w") as file:
    file.write(SCRIPT)
os.chmod("wrapper.sh", 0o755)
os.environ["CC"] = "./wrapper.sh"

setup(
    name="wrapper-uses-fixed-name",
    version="1.0",
    ext_modules=[Extension(name, [name + ".c", "common.c"]) for name in "abc"],
)
