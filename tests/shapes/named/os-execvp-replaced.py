"""`os.fork`, `os.execvp` and `os.posix_spawn` are wrapped to count how often processes are started in these ways."""

import os

from setuptools import Extension, setup

count = []


def counting(original):
    def replacement(*args, **kwargs):
        count.append(original.__name__)
        return original(*args, **kwargs)

    return replacement


os.fork = counting(os.fork)
os.execvp = counting(os.execvp)
if hasattr(os, "posix_spawn"):
    os.posix_spawn = counting(os.posix_spawn)

setup(
    name="os-execvp-replaced",
    version="1.0",
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
print(count)
