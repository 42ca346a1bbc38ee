"""Numbers of the seeded global random generator go into the modules and are drawn before and after `super()`."""

import random

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

random.seed(42)


class BuildExt(build_ext):
    def build_extension(self, ext):
        ext.define_macros.append(("VALUE", str(int(random.random() * 1000))))
        super().build_extension(ext)
        print("after", ext.name, int(random.random() * 1000))


setup(
    name="seeded-random",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
