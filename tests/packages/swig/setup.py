"""SWIG interfaces among the sources, in C and in C++, with code that is shared."""

from setuptools import Extension, setup

setup(
    name="swig",
    version="1.0",
    ext_modules=[
        Extension("_one", ["one.i", "common.c"], define_macros=[("VAL", "1")]),
        Extension("_two", ["two.i", "common.c"], define_macros=[("VAL", "2")], swig_opts=["-c++"], language="c++"),
    ],
)
