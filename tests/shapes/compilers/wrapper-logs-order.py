"""The compiler is a script that appends its last words to a log: the log shows the order of all commands."""

import os

from setuptools import Extension, setup

with open("wrapper.sh", "w") as file:
    file.write('#!/bin/sh\nfor word; do case $word in *.c|*.so) echo $word >> commands.log;; esac; done\nexec gcc "$@"\n')
os.chmod("wrapper.sh", 0o755)
os.environ["CC"] = "./wrapper.sh"

setup(
    name="wrapper-logs-order",
    version="1.0",
    ext_modules=[Extension(name, [name + ".c", "common.c", "lib.c"]) for name in "abc"],
)
