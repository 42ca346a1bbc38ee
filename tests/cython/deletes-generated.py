# imports: a d
"""`setup.py` deletes the C after the build of each module, or at the end."""

import os

from setuptools import setup
from setuptools.command.build_ext import build_ext
from Cython.Build import cythonize


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        if ext.name == "a":
            os.remove("a.c")
            print(os.path.exists("a.c"), os.path.exists("d.c"))


setup(
    name="deletes-generated",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=cythonize(["a.pyx", "d.pyx"], compiler_directives={"language_level": 3}),
)
os.remove("d.c")
