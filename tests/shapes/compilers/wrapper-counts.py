"""The compiler is a script that reads a number from a file, compiles it into the module and writes the next number."""

import os

from setuptools import Extension, setup

with open("number.txt", "w") as file:
    file.write("1\n")
with open("wrapper.sh", "w") as file:
    file.write('#!/bin/sh\nread number < number.txt\necho $((number + 1)) > number.txt\nexec gcc -DVALUE=$number -DVAL=$number "$@"\n')
os.chmod("wrapper.sh", 0o755)
os.environ["CC"] = "./wrapper.sh"

setup(
    name="wrapper-counts",
    version="1.0",
    ext_modules=[Extension(name, [name + ".c", "common.c"]) for name in "abc"],
)
