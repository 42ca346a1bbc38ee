# imports: a d warns
"""Prints to both streams, with and without a buffer, between translations that also print."""

import os
import sys

from setuptools import setup
from Cython.Build import cythonize

modules = []
print("first")
for name in ("a", "warns", "d"):
    print("before", name)
    print("error before", name, file=sys.stderr)
    modules += cythonize(name + ".pyx", quiet=name == "d", compiler_directives={"language_level": 3})
    print("after", name)
    os.write(1, b"straight after\n")
    os.write(2, b"straight error after\n")
print("last")
setup(name="prints-between", version="1.0", ext_modules=modules)
