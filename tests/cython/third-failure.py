# exit code: 1
"""Two translations fail, which does not matter, and then a third."""

from setuptools import setup
from Cython.Build import cythonize
from Cython.Compiler.Errors import CompileError

for source in ("broken.pyx", "unfinished.pyx"):
    try:
        cythonize(source, force=True, compiler_directives={"language_level": 3})
    except CompileError:
        print("not", source)
cythonize("a.pyx", force=True, compiler_directives={"language_level": 3})
modules = cythonize("broken.pyx", force=True, compiler_directives={"language_level": 3})
setup(name="third-failure", version="1.0", ext_modules=modules)
