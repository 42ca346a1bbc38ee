# imports: a b
"""More files than the C: a list of dependencies, information for a debugger, lines of the source."""

from setuptools import Extension, setup
from Cython.Build import cythonize

setup(
    name="side-files",
    version="1.0",
    ext_modules=cythonize(
        [Extension(name, [name + ".pyx"]) for name in "ab"],
        depfile=True,
        gdb_debug=True,
        emit_linenums=True,
        compiler_directives={"language_level": 3, "embedsignature": True},
    ),
)
