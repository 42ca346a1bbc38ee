"""The compiler is a script with a cache: objects of the same source come from a folder, whatever the macros."""

import os

from setuptools import Extension, setup

SCRIPT = """#!/bin/sh
for word; do
    test "$previous" = -o && target=$word
    case $word in *.c) source=$word;; esac
    previous=$word
done
test -z "$source" && exec gcc "$@"
if test -e cache/$source.o; then
    echo "from the cache: $source"
    exec cp cache/$source.o $target
fi
gcc "$@" && mkdir -p cache && cp $target cache/$source.o
"""
with open("wrapper.sh", "w") as file:
    file.write(SCRIPT)
os.chmod("wrapper.sh", 0o755)
os.environ["CC"] = "./wrapper.sh"

setup(
    name="wrapper-caches",
    version="1.0",
    ext_modules=[
        Extension(name, [name + ".c", "common.c"], define_macros=[("VAL", str(number)), ("CALLS", "common_value")])
        for number, name in enumerate("abc")
    ],
)
