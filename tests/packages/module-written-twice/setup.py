"""Two extensions of one name: the second replaces the module of the first."""

from setuptools import Extension, setup

setup(
    name="module-written-twice",
    version="1.0",
    ext_modules=[
        Extension("one", ["one.c", "common.c"], define_macros=[("VAL", "1")]),
        Extension("one", ["one.c", "common.c"], define_macros=[("VAL", "2")]),
    ],
)
