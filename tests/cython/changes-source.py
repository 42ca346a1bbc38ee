# always
# imports: a d
"""`setup.py` changes a source after `cythonize`, and removes another: the modules have the texts of before."""

import os

from setuptools import setup
from Cython.Build import cythonize

modules = cythonize(["a.pyx", "d.pyx"], force=True, compiler_directives={"language_level": 3})
with open("a.pyx", "a") as file:
    file.write("\n\ndef after():\n    pass\n")
os.rename("d.pyx", "later.pyx")
try:
    setup(name="changes-source", version="1.0", ext_modules=modules)
finally:
    os.rename("later.pyx", "d.pyx")
