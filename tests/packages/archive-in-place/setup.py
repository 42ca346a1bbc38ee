"""Every extension adds its objects to one and the same archive, and links what is in it by then."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ARCHIVE = os.path.join("build", "temp", "libgrowing.a")


class GrowingBuildExt(build_ext):
    def build_extension(self, ext):
        objects = self.compiler.compile(["part.c"], output_dir=self.build_temp, macros=[("NAME", ext.name)])
        renamed = os.path.join(self.build_temp, ext.name + ".o")
        os.rename(objects[0], renamed)
        self.compiler.spawn(["ar", "rc", ARCHIVE, renamed])
        self.compiler.spawn(["ranlib", ARCHIVE])
        build_ext.build_extension(self, ext)


setup(
    name="archive-in-place",
    version="1.0",
    cmdclass={"build_ext": GrowingBuildExt},
    ext_modules=[
        Extension(name, ["main.c"], extra_link_args=["-Wl,--whole-archive", ARCHIVE, "-Wl,--no-whole-archive"])
        for name in ("ant", "bee", "cow")
    ],
)
