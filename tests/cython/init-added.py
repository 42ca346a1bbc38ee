# always
# imports: user
"""In the second build, a directory of the project has become a package, which hides one that is installed elsewhere."""

import os
import sys

from setuptools import setup
from Cython.Build import cythonize


def write(path, text):
    if not os.path.isdir(os.path.dirname(path)):
        os.makedirs(os.path.dirname(path))
    if not os.path.exists(path):
        with open(path, "w") as file:
            file.write(text)


is_second = os.path.exists("elsewhere")
write("elsewhere/lib/__init__.py", "")
write("elsewhere/lib/one.pxd", "cdef inline int number():\n    return 1\n")
write("lib/one.pxd", "cdef inline int number():\n    return 2\n")
write("./user.pyx", "from lib.one cimport number\n\n\ndef value():\n    return number()\n")
if is_second:
    write("lib/__init__.py", "")
sys.path.append(os.path.abspath("elsewhere"))
modules = cythonize("user.pyx", force=True, compiler_directives={"language_level": 3})
setup(name="init-added", version="1.0", ext_modules=modules)
