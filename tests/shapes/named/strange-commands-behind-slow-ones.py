"""The linker is a program that nobody understands, the compiler is slow, and Python goes on behind each link."""

import os
import stat

from setuptools import Extension, setup


def script(name, text):
    with open(name, "w") as file:
        file.write("#!/bin/sh\n" + text)
    os.chmod(name, os.stat(name).st_mode | stat.S_IXUSR)


os.mkdir("slow")
script("slow/gcc", 'sleep 0.3\nexec /usr/bin/gcc "$@"\n')
script(
    "join",
    'echo "$#" >> joined\n'
    'while [ "$1" != -o ]; do case "$1" in *.o) objects="$objects $1" ;; esac; shift; done\n'
    'cat $objects > "$2"\n',
)
os.environ["CC"] = os.path.abspath("slow/gcc")
os.environ["LDSHARED"] = os.path.abspath("join")

setup(
    name="strange-commands-behind-slow-ones",
    version="1.0",
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
