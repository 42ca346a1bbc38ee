# always
# imports: a warns warns_too
"""Cython warns of what it translates, and the compiler of what comes out."""

from setuptools import setup
from Cython.Build import cythonize

setup(
    name="warnings",
    version="1.0",
    ext_modules=cythonize(
        ["a.pyx", "warns.pyx", "warns_too.pyx"],
        compiler_directives={"language_level": 3},
    ),
)
