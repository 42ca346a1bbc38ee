"""The compiler's `as` puts into each object which objects and modules there are already, and whether a flag is there that
one of its runs leaves; two extensions share a source."""

import os

from setuptools import Extension, setup

os.mkdir("tools")
with open("tools/as", "w") as file:
    file.write(
        """#!/bin/sh
for last; do :; done
case $last in
-*) ;;
*)
    there=$(ls build/temp* build/lib* 2>/dev/null | tr '\\n' ' ')
    echo ".section .note.there,\\"\\",@note
.string \\"$there\\"" >> "$last"
    if [ -e flag ]; then echo '.string "flag"' >> "$last"; fi
    grep -q PyInit_b "$last" && touch flag
    ;;
esac
exec /usr/bin/as "$@"
"""
    )
os.chmod("tools/as", 0o755)

setup(
    name="assembler-looks-at-objects",
    version="1.0",
    ext_modules=[
        Extension(name, [name + ".c", "common.c"], extra_compile_args=["-Btools"]) for name in "abcd"
    ],
)
