"""`cythonize` makes C of the sources before the build."""

from Cython.Build import cythonize
from setuptools import Extension, setup

setup(
    name="cython-cythonize",
    version="1.0",
    ext_modules=cythonize(
        [
            Extension("one", ["one.pyx", "common.c"], define_macros=[("VAL", "1")], extra_compile_args=["-O0", "-g0"]),
            Extension("two", ["two.pyx", "common.c"], define_macros=[("VAL", "2")], extra_compile_args=["-O0", "-g0"]),
        ],
        language_level=3,
    ),
)
