# always
# imports: a d
"""Modules that can't be translated are left out: one of late mistakes, one of an early one."""

from setuptools import Extension, setup
from Cython.Build import cythonize


class Module(Extension):
    __hash__ = object.__hash__  # Cython makes a set of them, which the newest setuptools' own can't be in.


setup(
    name="excludes-failures",
    version="1.0",
    ext_modules=cythonize(
        [Module(name, [name + ".pyx"]) for name in ("a", "broken", "d", "unfinished")],
        exclude_failures=True,
        compiler_directives={"language_level": 3},
    ),
)
