"""Extensions that name what they depend on, in folders with headers of the same name."""

from setuptools import Extension, setup

setup(
    name="depends",
    version="1.0",
    ext_modules=[
        Extension("one", ["value.c"], include_dirs=["one"], depends=["one/value.h", "setup.py"]),
        Extension("two", ["value.c"], include_dirs=["two"], depends=["two/value.h"]),
    ],
)
