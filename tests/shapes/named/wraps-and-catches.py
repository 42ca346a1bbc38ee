"""`_compile` is replaced, with `functools.wraps`, by a function whose `try` catches and compiles another source instead."""

import functools

from setuptools import Extension, setup
from distutils.errors import CompileError
from distutils.unixccompiler import UnixCCompiler

original = UnixCCompiler._compile


@functools.wraps(original)
def _compile(self, obj, src, *args, **kwargs):
    try:
        original(self, obj, src, *args, **kwargs)
    except CompileError as error:
        print("instead of", src, type(error).__name__)
        original(self, obj, "value.c", *args, **kwargs)


UnixCCompiler._compile = _compile

setup(
    name="wraps-and-catches",
    version="1.0",
    ext_modules=[
        Extension("one", ["broken.c"], define_macros=[("MODULE", "one")]),
        Extension("two", ["value.c"], define_macros=[("MODULE", "two")]),
    ],
)
