# imports: f made
"""The next module's source has a number that the module built before it returns."""

import os
import sys

from setuptools import Extension, setup
from distutils.command.build_ext import build_ext
from Cython.Build import cythonize


class BuildExt(build_ext):
    def build_extension(self, ext):
        ext.sources = cythonize(ext, compiler_directives={"language_level": 3})[0].sources
        super().build_extension(ext)
        if ext.name == "f":
            sys.path.insert(0, os.path.abspath(self.build_lib))
            import f

            with open("made.pyx", "w") as file:
                file.write("def value():\n    return %d\n" % f.value())


setup(
    name="imports-between",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".pyx"]) for name in ("f", "made")],
)
