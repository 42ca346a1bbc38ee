"""Two extensions have the same name and other macros and sources; distutils' rules decide which is built."""

from setuptools import Extension, setup

setup(
    name="same-name-twice",
    version="1.0",
    ext_modules=[
        Extension("one", ["value.c"], define_macros=[("MODULE", "one"), ("VALUE", "1")]),
        Extension("two", ["value.c"], define_macros=[("MODULE", "two"), ("VALUE", "2")]),
        Extension("one", ["a.c"], define_macros=[("MODULE", "one"), ("VALUE", "3")]),
    ],
)
