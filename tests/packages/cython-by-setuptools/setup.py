"""Nothing but `.pyx` sources: setuptools itself uses Cython's build_ext where Cython is installed."""

from setuptools import Extension, setup

setup(
    name="cython-by-setuptools",
    version="1.0",
    ext_modules=[
        Extension("one", ["one.pyx", "common.c"], define_macros=[("VAL", "1")], extra_compile_args=["-O0", "-g0"]),
        Extension("two", ["two.pyx", "common.c"], define_macros=[("VAL", "2")], extra_compile_args=["-O0", "-g0"]),
    ],
)
