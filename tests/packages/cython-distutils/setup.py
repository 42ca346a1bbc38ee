"""`Cython.Distutils.build_ext` makes C of the sources while it builds each extension."""

from Cython.Distutils import build_ext
from setuptools import Extension, setup

setup(
    name="cython-distutils",
    version="1.0",
    cmdclass={"build_ext": build_ext},
    ext_modules=[
        Extension("one", ["one.pyx", "common.c"], define_macros=[("VAL", "1")], extra_compile_args=["-O0", "-g0"]),
        Extension("two", ["two.pyx", "common.c"], define_macros=[("VAL", "2")], extra_compile_args=["-O0", "-g0"]),
    ],
)
