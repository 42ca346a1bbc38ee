"""The compiler is a wrapper script that reads one line of the project's standard input for each compilation."""

import os

from setuptools import Extension, setup

reading, writing = os.pipe()
os.write(writing, b"11\n22\n33\n44\n55\n66\n77\n88\n")
os.close(writing)
os.dup2(reading, 0)
with open("wrapper.sh", "w") as file:
    file.write('#!/bin/sh\ncase " $* " in *" -c "*) read number; exec gcc -DVALUE=$number "$@";; esac\nexec gcc "$@" < /dev/null\n')
os.chmod("wrapper.sh", 0o755)
os.environ["CC"] = "./wrapper.sh"

setup(
    name="wrapper-reads-stdin",
    version="1.0",
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
print(os.read(0, 100))
