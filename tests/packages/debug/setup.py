"""`build --debug`, as setup.cfg has it: other flags, and other folders where Python itself is a debug build."""

from setuptools import Extension, setup

setup(
    name="debug",
    version="1.0",
    ext_modules=[
        Extension("one", ["one.c", "common.c"], define_macros=[("VAL", "1")]),
        Extension("two", ["two.c", "common.c"], define_macros=[("VAL", "2")]),
    ],
)
