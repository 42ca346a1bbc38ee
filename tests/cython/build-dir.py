# imports: a b d
"""The C goes to another directory, to which Cython also copies the headers."""

import os

from setuptools import Extension, setup
from Cython.Build import cythonize

setup(
    name="build-dir",
    version="1.0",
    ext_modules=cythonize(
        [Extension(name, [name + ".pyx"], depends=["helper.h"]) for name in "abd"],
        build_dir=os.path.join("build", "generated"),
        compiler_directives={"language_level": 3},
    ),
)
print(sorted(os.listdir(os.path.join("build", "generated"))))
