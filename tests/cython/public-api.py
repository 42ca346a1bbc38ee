# always
# imports: api uses_api
"""Cython writes headers for other modules; the next module's C includes one, and `setup.py` reads both."""

from setuptools import setup
from Cython.Build import cythonize

modules = cythonize("api.pyx", compiler_directives={"language_level": 3})
for name in ("api.h", "api_api.h"):
    with open(name) as file:
        print(name, sum(1 for line in file if "api_number" in line or "public_number" in line))
modules += cythonize("uses_api.pyx", compiler_directives={"language_level": 3})
setup(name="public-api", version="1.0", ext_modules=modules)
