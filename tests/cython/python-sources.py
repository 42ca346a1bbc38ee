# imports: pure pure_decorated
"""The sources are Python modules, one with a `.pxd`, one with decorators."""

from setuptools import setup
from Cython.Build import cythonize

setup(
    name="python-sources",
    version="1.0",
    ext_modules=cythonize(["pure.py", "pure_decorated.py"], language_level=3),
)
