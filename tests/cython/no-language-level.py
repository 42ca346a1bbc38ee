# imports: a b c d e f
"""Nothing says which Python the sources are for: older Cythons warn for each of them."""

from setuptools import Extension, setup
from Cython.Build import cythonize

setup(
    name="no-language-level",
    version="1.0",
    ext_modules=cythonize([Extension(name, [name + ".pyx"]) for name in "abcdef"]),
)
