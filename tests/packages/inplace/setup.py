"""Modules are put beside their sources; setup.cfg asks for that."""

from setuptools import Extension, setup

setup(
    name="inplace",
    version="1.0",
    packages=["package"],
    ext_modules=[
        Extension("package.one", ["one.c", "common.c"], define_macros=[("VAL", "1")]),
        Extension("two", ["two.c", "common.c"], define_macros=[("VAL", "2")]),
    ],
)
