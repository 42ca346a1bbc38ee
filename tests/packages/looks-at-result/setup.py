"""`build_extension` strips the module that it has built and keeps copies of it under other names."""

import os
import shutil
import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class StrippingBuildExt(build_ext):
    def build_extension(self, ext):
        build_ext.build_extension(self, ext)
        built = self.get_ext_fullpath(ext.name)
        shutil.copy2(built, built + ".full")
        subprocess.check_call(["strip", "--strip-all", built])
        sizes = [os.path.getsize(built), os.stat(built + ".full").st_size]
        with open(built + ".size", "w") as file:
            file.write("{} of {} bytes\n".format(*sizes))
        os.rename(built + ".full", os.path.join(self.build_temp, ext.name + ".full"))


setup(
    name="looks-at-result",
    version="1.0",
    cmdclass={"build_ext": StrippingBuildExt},
    ext_modules=[
        Extension("one", ["one.c", "common.c"], extra_compile_args=["-DVAL=1", "-g"]),
        Extension("two", ["two.c", "common.c"], extra_compile_args=["-DVAL=2", "-g"]),
    ],
)
