# imports: a
"""Cython is started as a program, `python -m cython`."""

import subprocess
import sys

from setuptools import Extension, setup

subprocess.check_call([sys.executable, "-m", "cython", "-3", "a.pyx"])
setup(name="as-program", version="1.0", ext_modules=[Extension("a", ["a.c"], include_dirs=["."])])
