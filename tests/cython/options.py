# always
# imports: a b d f
"""Options of the compiler as `setup.py` sets them in its modules, some changed between two calls."""

from setuptools import setup
from Cython.Build import cythonize
from Cython.Compiler import Options

Options.docstrings = False
Options.embed_pos_in_docstring = True
Options.get_directive_defaults()["language_level"] = 3
Options.get_directive_defaults()["embedsignature"] = True
modules = cythonize(["a.pyx", "b.pyx"])
Options.docstrings = True
Options.generate_cleanup_code = 3
Options.annotate = True
modules += cythonize("d.pyx")
Options.annotate = False
Options.error_on_uninitialized = False
modules += cythonize(["f.pyx"])
setup(name="options", version="1.0", ext_modules=modules)
