"""The compiler is a script that fails when another one is running, which it knows from a folder it makes as a lock."""

import os

from setuptools import Extension, setup

with open("wrapper.sh", "w") as file:
    file.write('#!/bin/sh\nmkdir locked || exit 9\nsleep 0.02\ngcc "$@"\nresult=$?\nrmdir locked\nexit $result\n')
os.chmod("wrapper.sh", 0o755)
os.environ["CC"] = "./wrapper.sh"

setup(
    name="wrapper-bears-no-company",
    version="1.0",
    ext_modules=[Extension(name, [name + ".c", "common.c"]) for name in "abc"],
)
