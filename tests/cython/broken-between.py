# always
# imports: a d f
"""Modules are translated one by one; those with mistakes are reported and left out."""

import os
import traceback

from setuptools import setup
from Cython.Build import cythonize
from Cython.Compiler.Errors import CompileError

modules = []
for name in ("a", "broken", "d", "unfinished", "f"):
    print("next:", name)
    try:
        modules += cythonize(name + ".pyx", compiler_directives={"language_level": 3})
    except CompileError as error:
        traceback.print_exc()
        print("no:", name, repr(error.args), os.path.exists(name + ".c"))
setup(name="broken-between", version="1.0", ext_modules=modules)
