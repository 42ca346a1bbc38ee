# imports: plus d
"""Two ways to ask for C++: a comment in the source, and the extension."""

from setuptools import Extension, setup
from Cython.Build import cythonize

setup(
    name="cplusplus",
    version="1.0",
    ext_modules=cythonize(
        [Extension("plus", ["plus.pyx"]), Extension("d", ["d.pyx"], language="c++")],
        compiler_directives={"language_level": 3},
    ),
)
