# exit code: 1
"""A log opened before the build gets a line after each module, and none after the one whose link fails."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

log = open("log.txt", "a", buffering=1)


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        print("built", ext.name, file=log)


setup(
    name="append-after-failure",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension("a", ["a.c"]),
        Extension("unlinked", ["unlinked.c"], extra_link_args=["-Wl,-z,defs"]),
        Extension("c", ["c.c"]),
    ],
)
