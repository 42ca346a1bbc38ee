"""An extension that can't be built is replaced by Python code, in the style of markupsafe and simplejson."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# setuptools has to be imported first: it may bring distutils with it.
from distutils.errors import CCompilerError, DistutilsExecError, DistutilsPlatformError


class BuildFailed(Exception):
    pass


class OptionalBuildExt(build_ext):
    def run(self):
        try:
            build_ext.run(self)
        except DistutilsPlatformError:
            raise BuildFailed()

    def build_extension(self, ext):
        try:
            build_ext.build_extension(self, ext)
        except (CCompilerError, DistutilsExecError, DistutilsPlatformError, ValueError):
            print("building {} failed, Python code is used in its stead".format(ext.name))
            self.write_fallback(ext)

    def write_fallback(self, ext):
        if not os.path.isdir(self.build_lib):
            os.makedirs(self.build_lib)
        with open(os.path.join(self.build_lib, ext.name + ".py"), "w") as file:
            file.write("def value():\n    return None\n")


setup(
    name="catches-errors",
    version="1.0",
    cmdclass={"build_ext": OptionalBuildExt},
    ext_modules=[
        Extension("good", ["good.c", "common.c"], define_macros=[("VAL", "1")]),
        Extension("speedups", ["speedups.c", "common.c"], define_macros=[("VAL", "2")]),
        Extension("unlinked", ["unlinked.c"], extra_link_args=["-Wl,--no-undefined"]),
        Extension("last", ["last.c", "common.c"], define_macros=[("VAL", "3")]),
    ],
)
