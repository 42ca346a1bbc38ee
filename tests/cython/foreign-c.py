"""A file that Cython has not made is where the C file should be. From 3.0 on, Cython replaces no such file."""

from setuptools import setup
from Cython.Build import cythonize

with open("a.c", "w") as file:
    file.write("int mine;\n")
try:
    modules = cythonize("a.pyx", force=True, compiler_directives={"language_level": 3})
except Exception as error:
    print(type(error).__name__)
    modules = cythonize("b.pyx", force=True, compiler_directives={"language_level": 3})
with open("a.c") as file:
    print(file.readline())
setup(name="foreign-c", version="1.0", ext_modules=modules)
