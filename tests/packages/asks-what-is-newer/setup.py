"""The project's own build_ext asks the base module's `newer_group` about files of its own."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# setuptools has to be imported first: it may bring distutils with it.
from distutils.command.build_ext import newer_group


class GeneratingBuildExt(build_ext):
    def build_extensions(self):
        os.utime("made.c", (1500000001, 1500000001))
        os.utime("made.in", (1500000000, 1500000000))
        for time in (1500000000, 1500000002):
            os.utime("made.in", (time, time))
            print("newer:", bool(newer_group(["made.in"], "made.c")))
            if newer_group(["made.in"], "made.c"):
                with open("made.in") as source, open("made.c", "w") as target:
                    target.write(source.read() + "/* made */\n")
        try:
            print("newer:", newer_group(["absent.in"], "made.c"))
        except OSError:
            print("absent")
        build_ext.build_extensions(self)


setup(
    name="asks-what-is-newer",
    version="1.0",
    ext_modules=[Extension("made", ["made.c"])],
    cmdclass={"build_ext": GeneratingBuildExt},
)
