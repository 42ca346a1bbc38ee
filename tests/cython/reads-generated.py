# always
# imports: a b d
"""`setup.py` reads the C right after `cythonize`, before the next `cythonize` and after it."""

import hashlib

from setuptools import setup
from Cython.Build import cythonize


def tell(*names):
    for name in names:
        with open(name, "rb") as file:
            print(name, hashlib.sha256(file.read()).hexdigest())


directives = {"language_level": 3}
modules = cythonize(["a.pyx", "b.pyx"], compiler_directives=directives)
tell("a.c", "b.c")
modules += cythonize(["a.pyx", "d.pyx"], compiler_directives=directives)[1:]
tell("a.c", "b.c", "d.c")
setup(name="reads-generated", version="1.0", ext_modules=modules)
