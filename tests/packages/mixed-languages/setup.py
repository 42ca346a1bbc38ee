"""C and C++ in one extension, and a source that is shared with a plain one."""

from setuptools import Extension, setup

setup(
    name="mixed-languages",
    version="1.0",
    ext_modules=[
        Extension("mixed", ["mixed.cpp", "common.c"], language="c++", define_macros=[("VAL", "1")]),
        Extension("plain", ["plain.c", "common.c"], define_macros=[("VAL", "2")]),
        Extension("guessed", ["mixed.cpp", "common.c"], define_macros=[("VAL", "3")]),
    ],
)
