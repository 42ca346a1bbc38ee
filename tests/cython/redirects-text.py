# always
# imports: a d warns
"""What Cython prints goes to a text in `setup.py`, with its warnings and errors."""

import contextlib
import io
import warnings

from setuptools import Extension, setup
from Cython.Build import cythonize


class Module(Extension):
    __hash__ = object.__hash__  # Cython makes a set of them, which the newest setuptools' own can't be in.


printed, complaints = io.StringIO(), io.StringIO()
modules = [Module(name, [name + ".pyx"]) for name in ("a", "broken", "d", "warns")]
with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(complaints):
    with warnings.catch_warnings(record=True) as caught:
        modules = cythonize(modules, exclude_failures=True)
print(printed.getvalue().upper())
for line in complaints.getvalue().splitlines():
    print("|", line)
print([warning.category.__name__ for warning in caught])
setup(name="redirects-text", version="1.0", ext_modules=modules)
