"""`-B tools` gives the compiler an `as` that counts its runs in a file, and puts the count into the object; two extensions
share a source, so it is compiled twice with one command line."""

import os

from setuptools import Extension, setup

os.mkdir("tools")
with open("tools/as", "w") as file:
    file.write(
        """#!/bin/sh
count=$(cat count.txt)
sleep 0.0$count
expr $count + 1 > count.txt
for last; do :; done
case $last in
-*) ;;
*) echo ".section .note.count,\\"\\",@note
.long $count" >> "$last" ;;
esac
exec /usr/bin/as "$@"
"""
    )
os.chmod("tools/as", 0o755)
with open("count.txt", "w") as file:
    file.write("1\n")

setup(
    name="assembler-counts",
    version="1.0",
    ext_modules=[
        Extension(name, [name + ".c", "common.c"], extra_compile_args=["-Btools"]) for name in "abcd"
    ],
)
