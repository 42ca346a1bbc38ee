# imports: one.a two.a a
"""One source is translated with several directives: into two directories, and twice to one file."""

import hashlib

from setuptools import Extension, setup
from Cython.Build import cythonize


def translate(name, directory, **directives):
    extension = Extension(name, ["a.pyx"], include_dirs=["."])
    modules = cythonize([extension], build_dir=directory, force=True, compiler_directives=directives)
    with open(modules[0].sources[0], "rb") as file:
        print(modules[0].sources[0], hashlib.sha256(file.read()).hexdigest())
    return modules


modules = translate("one.a", "generated-one", embedsignature=True)
modules += translate("two.a", "generated-two", boundscheck=False, language_level=3)
translate("a", None, emit_code_comments=False)
modules += translate("a", None, binding=False)
setup(name="translated-twice", version="1.0", ext_modules=modules)
