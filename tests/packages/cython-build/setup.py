"""`Cython.Build.build_ext`, with its own `Extension` and options from setup.cfg."""

from Cython.Build import build_ext
from Cython.Distutils import Extension
from setuptools import setup

setup(
    name="cython-build",
    version="1.0",
    cmdclass={"build_ext": build_ext},
    ext_modules=[
        Extension("one", ["one.pyx", "common.c"], define_macros=[("VAL", "1")], cython_directives={"embedsignature": True}),
        Extension("two", ["two.pyx", "common.c"], define_macros=[("VAL", "2")], cython_directives={"embedsignature": True}),
    ],
)
