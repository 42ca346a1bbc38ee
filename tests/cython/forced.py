# imports: a b d
# translations: recorded 3, executed 3
"""With `force=True`, every build translates again."""

from setuptools import Extension, setup
from Cython.Build import cythonize

setup(
    name="forced",
    version="1.0",
    ext_modules=cythonize(
        [Extension(name, [name + ".pyx"]) for name in "abd"],
        force=True,
        compiler_directives={"language_level": "3"},
    ),
)
