# always
# imports: a b c d e f
# translations: recorded 6, executed 6
# translations of the second build: recorded 0
"""`cythonize` translates six modules, of which some share an included file or a `.pxd`."""

from setuptools import Extension, setup
from Cython.Build import cythonize

setup(
    name="plain",
    version="1.0",
    ext_modules=cythonize(
        [Extension(name, [name + ".pyx"]) for name in "abcdef"], compiler_directives={"language_level": 3}
    ),
)
