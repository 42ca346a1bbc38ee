"""The compiler's `as` puts into each object whether one certain object is there already, and takes its time; so
a repetition is told of while the first is still running."""

import os

from setuptools import Extension, setup

os.mkdir("tools")
with open("tools/as", "w") as file:
    file.write(
        """#!/bin/sh
for last; do :; done
case $last in
-*) ;;
*) sleep 0.3; if [ -e build/of-mine/b.o ]; then echo '.section .note.there,"",@note
.string "there"' >> "$last"; fi ;;
esac
exec /usr/bin/as "$@"
"""
    )
os.chmod("tools/as", 0o755)

setup(
    name="assembler-asks-for-one-object",
    version="1.0",
    options={"build_ext": {"build_temp": "build/of-mine"}},
    ext_modules=[
        Extension(name, [name + ".c", "common.c"], extra_compile_args=["-Btools"]) for name in "abcd"
    ],
)
