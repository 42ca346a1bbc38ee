# imports: broken
"""A cimported `.pxd` is not there at the first try, which fails, and is there at the second."""

import os

from setuptools import Extension, setup
from Cython.Build import cythonize
from Cython.Compiler.Errors import CompileError

os.rename("b.pxd", "hidden")
os.rename("b.pyx", "hidden_too")
try:
    cythonize("c.pyx", force=True, compiler_directives={"language_level": 3})
except CompileError as error:
    print("not yet:", error.message_only)
os.rename("hidden", "b.pxd")
os.rename("hidden_too", "b.pyx")
try:
    modules = cythonize("c.pyx", force=True, compiler_directives={"language_level": 3})
except CompileError as error:
    print("still not:", error.message_only)
    modules = [Extension("broken", ["plain.c"])]
setup(name="pxd-comes-later", version="1.0", ext_modules=modules)
