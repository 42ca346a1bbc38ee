# imports: a b
"""Cython warns once in a process; later translations are silent, and the first ones of the next build are not."""

import warnings

from setuptools import setup
from Cython.Build import cythonize
from Cython.Compiler import Main

for _ in range(3):
    # As Cython 0.29 does where no language level is given.
    registry = vars(Main).setdefault("__warningregistry__", {})
    warnings.warn_explicit("once", FutureWarning, Main.__file__, 1, Main.__name__, registry)
    modules = cythonize(["a.pyx", "b.pyx"], force=True, language_level=3)
setup(name="warned-before", version="1.0", ext_modules=modules)
