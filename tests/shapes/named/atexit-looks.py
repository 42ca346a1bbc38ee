"""A handler of `atexit`, registered early, lists the outputs and appends the size of each module to a file."""

import atexit
import os


def look():
    for folder, folders, names in sorted(os.walk("build")):
        for name in sorted(names):
            with open("at-exit.txt", "a") as file:
                file.write("%s %d\n" % (name, os.path.getsize(os.path.join(folder, name))))


atexit.register(look)

from setuptools import Extension, setup

setup(
    name="atexit-looks",
    version="1.0",
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
