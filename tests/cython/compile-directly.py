# always
# imports: a b d
"""Calls the compiler without `cythonize`: for one source, for several, and for one with mistakes."""

import os

from setuptools import Extension, setup
from Cython.Compiler.Main import compile

os.makedirs("generated", exist_ok=True)
one = compile("a.pyx", output_file=os.path.join("generated", "a.c"), language_level=3)
print(one.c_file, one.num_errors, os.path.getsize(one.c_file) > 1000)
several = compile(["b.pyx", "d.pyx"], timestamps=False, language_level=3)
print(sorted(os.path.basename(name) for name in several), several.num_errors)
bad = compile("broken.pyx", language_level=3)
print(bad.num_errors, os.path.exists("broken.c"))
setup(
    name="compile-directly",
    version="1.0",
    ext_modules=[
        Extension("a", [os.path.join("generated", "a.c")], include_dirs=["."]),
        Extension("b", ["b.c"]),
        Extension("d", ["d.c"]),
    ],
)
