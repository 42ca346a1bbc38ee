# imports: a broken d
"""If a module can't be translated, another source takes the place of its own."""

from setuptools import Extension, setup
from Cython.Build import cythonize
from Cython.Compiler.Errors import CompileError

directives = {"language_level": 3}
try:
    modules = cythonize(["a.pyx", "broken.pyx"], compiler_directives=directives)
except CompileError as error:
    print("falls back:", error.position, error.message_only)
    modules = cythonize("a.pyx", compiler_directives=directives) + [Extension("broken", ["plain.c"])]
modules += cythonize("d.pyx", compiler_directives=directives)
setup(name="broken-falls-back", version="1.0", ext_modules=modules)
