"""`os.walk` lists all below build after each call into a file of its own."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        with open("list-%s.txt" % ext.name, "w") as file:
            for folder, folders, names in sorted(os.walk("build")):
                for name in sorted(names):
                    path = os.path.join(folder, name)
                    file.write("%s %d\n" % (path, os.path.getsize(path)))


setup(
    name="walk-over-build",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name[-1] + ".c"]) for name in ("a", "pack.b", "pack.deep.c")],
)
