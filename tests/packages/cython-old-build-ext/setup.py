"""`Cython.Distutils.old_build_ext`, from before `cythonize`, which makes C of the sources in `swig_sources`."""

from Cython.Distutils.old_build_ext import old_build_ext
from setuptools import Extension, setup

setup(
    name="cython-old-build-ext",
    version="1.0",
    cmdclass={"build_ext": old_build_ext},
    ext_modules=[
        Extension("one", ["one.pyx", "common.c"], define_macros=[("VAL", "1")], extra_compile_args=["-O0", "-g0"]),
        Extension("two", ["two.pyx", "common.c"], define_macros=[("VAL", "2")], extra_compile_args=["-O0", "-g0"]),
    ],
)
