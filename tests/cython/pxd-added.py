# always
# imports: a
"""A `.pxd` that the first translation has missed is there before the second: Cython still misses it."""

from setuptools import setup
from Cython.Build import cythonize

cythonize("a.pyx", force=True, compiler_directives={"language_level": 3})
with open("a.pxd", "w") as file:
    file.write("cdef class Added:\n    cdef int number\n")
modules = cythonize("a.pyx", force=True, compiler_directives={"language_level": 3})
setup(name="pxd-added", version="1.0", ext_modules=modules)
