# exit code: 1
"""An option of the compiler makes errors of its warnings."""

from setuptools import setup
from Cython.Build import cythonize
from Cython.Compiler import Options

Options.warning_errors = True
setup(
    name="warnings-are-errors",
    version="1.0",
    ext_modules=cythonize(["a.pyx", "warns.pyx"], compiler_directives={"language_level": 3}),
)
