"""CC is a symbolic link that points to another wrapper for each extension."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

for name in "abc":
    with open("cc-" + name, "w") as file:
        file.write('#!/bin/sh\nexec gcc -DVALUE=%d "$@"\n' % ord(name))
    os.chmod("cc-" + name, 0o755)
os.symlink("cc-a", "cc")
os.environ["CC"] = "./cc"


class BuildExt(build_ext):
    def build_extension(self, ext):
        os.symlink("cc-" + ext.name, "cc.new")
        os.replace("cc.new", "cc")
        super().build_extension(ext)


setup(
    name="link-to-compiler-swapped",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
