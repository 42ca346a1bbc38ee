# imports: a d
"""Each module gets an HTML page with its C."""

from setuptools import setup
from Cython.Build import cythonize

setup(
    name="annotate",
    version="1.0",
    ext_modules=cythonize(["a.pyx", "d.pyx"], annotate=True, compiler_directives={"language_level": 3}),
)
