# imports: a b
"""Extensions of C and Cython sources in turn, translated by the build_ext that setuptools takes from Cython."""
from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

setup(name="mixed-sources", version="1.0", cmdclass={"build_ext": build_ext}, ext_modules=[
    Extension("plain", ["plain.c"]),
    Extension("a", ["a.pyx"], include_dirs=["."]),
    Extension("plain_too", ["plain.c"], define_macros=[("MODULE", "plain_too")]),
    Extension("b", ["b.pyx"]),
    Extension("c", ["c.pyx"]),
])
