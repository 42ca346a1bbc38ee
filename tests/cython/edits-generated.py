# imports: a impl_of_d
"""`setup.py` adds to the C of one module, and moves that of another to where its build expects it."""

import os

from setuptools import Extension, setup
from Cython.Build import cythonize

modules = cythonize("a.pyx", compiler_directives={"language_level": 3})
with open("a.c", "a") as file:
    file.write("/* checked */\n")
cythonize(Extension("impl_of_d", ["d.pyx"]), compiler_directives={"language_level": 3})
os.makedirs("moved", exist_ok=True)
os.replace("d.c", os.path.join("moved", "d.c"))
modules.append(Extension("impl_of_d", [os.path.join("moved", "d.c")]))
setup(name="edits-generated", version="1.0", ext_modules=modules)
