# always
# imports: a
"""As `pxd-added`, but everything is built in between, in one process."""

import os
import sys
import time

from setuptools import setup
from Cython.Build import cythonize

if os.path.exists("a.pxd"):
    os.remove("a.pxd")
if sys.argv[1] == "build":
    modules = cythonize("a.pyx", force=True, compiler_directives={"language_level": 3})
    setup(name="pxd-added-later", version="1.0", ext_modules=modules, script_args=["build_ext"])
    with open("a.pxd", "w") as file:
        file.write("cdef class Added:\n    cdef int number\n")
    # Older versions of distutils compare times in whole seconds.
    time.sleep(1.1 - time.time() % 1)
modules = cythonize("a.pyx", force=True, compiler_directives={"language_level": 3})
setup(name="pxd-added-later", version="1.0", ext_modules=modules)
