"""PATH gets a folder with another `gcc` before the second extension, and loses it again before the third."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

os.mkdir("bin")
with open("bin/gcc", "w") as file:
    file.write('#!/bin/sh\necho "other gcc"\nPATH=/usr/local/bin:/usr/bin:/bin exec gcc -DVALUE=99 "$@"\n')
os.chmod("bin/gcc", 0o755)


class BuildExt(build_ext):
    def build_extension(self, ext):
        path = os.environ["PATH"]
        if ext.name == "b":
            os.environ["PATH"] = os.path.abspath("bin") + os.pathsep + path
        super().build_extension(ext)
        os.environ["PATH"] = path


setup(
    name="compiler-first-on-path",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
