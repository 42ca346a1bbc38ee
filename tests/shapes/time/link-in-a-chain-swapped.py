"""A link in the middle of a chain of links is pointed elsewhere while the compiler has not read the chain yet."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

for name in "abc":
    with open("value-" + name + ".h", "w") as file:
        file.write("#define VALUE %d\n" % ord(name))
os.symlink("value-a.h", "middle.h")
os.symlink("middle.h", "value.h")
os.mkdir("slow")
with open("slow/gcc", "w") as file:
    file.write('#!/bin/sh\nsleep 0.3\nexec gcc "$@"\n')
os.chmod("slow/gcc", 0o755)
os.environ["CC"] = "slow/gcc"


class BuildExt(build_ext):
    def build_extension(self, ext):
        os.symlink("value-" + ext.name + ".h", "new.h")
        os.replace("new.h", "middle.h")
        super().build_extension(ext)


setup(
    name="link-in-a-chain-swapped",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"], extra_compile_args=["-include", "value.h"]) for name in "abc"],
)
