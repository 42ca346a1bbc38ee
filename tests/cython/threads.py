# imports: a b d
# differs: text: Cython's own processes print in any order, or are ended before they print
"""Cython translates in two processes of its own."""

from setuptools import Extension, setup
from Cython.Build import cythonize

setup(
    name="threads",
    version="1.0",
    ext_modules=cythonize(
        [Extension(name, [name + ".pyx"]) for name in "abd"],
        nthreads=2,
        compiler_directives={"language_level": 3},
    ),
)
