"""An extension with `py_limited_api` is named otherwise (`one.abi3.so`); another one shares its sources."""

from setuptools import Extension, setup

limited = [("Py_LIMITED_API", "0x03060000")]

setup(
    name="limited-api",
    version="1.0",
    ext_modules=[
        Extension("one", ["module.c", "common.c"], define_macros=limited + [("VAL", "1")], py_limited_api=True),
        Extension("two", ["module.c", "common.c"], define_macros=[("VAL", "2")]),
    ],
)
