# imports: a b
"""Cython's own cache, outside of the project, gives the C back that `setup.py` has removed."""

import os

from setuptools import setup
from Cython.Build import cythonize

for _ in range(2):
    for name in ("a.c", "b.c"):
        if os.path.exists(name):
            os.remove(name)
    modules = cythonize(["a.pyx", "b.pyx"], cache=True, compiler_directives={"language_level": 3})
setup(name="own-cache", version="1.0", ext_modules=modules)
