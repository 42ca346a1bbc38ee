"""A cimported `.pxd` is moved to another folder of the search path between two translations."""

import os

from setuptools import setup
from Cython.Build import cythonize
from Cython.Compiler.Errors import CompileError

os.mkdir("more")
options = dict(force=True, include_path=[".", "more"], compiler_directives={"language_level": 3})
modules = cythonize("c.pyx", **options)
os.rename("b.pxd", os.path.join("more", "b.pxd"))
try:
    cythonize("c.pyx", **options)
except (CompileError, EnvironmentError) as error:
    print("not again:", type(error).__name__)
os.rename(os.path.join("more", "b.pxd"), "b.pxd")
modules = cythonize("c.pyx", **options)
setup(name="pxd-removed", version="1.0", ext_modules=modules)
