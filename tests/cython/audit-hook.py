# imports: a b
"""An audit hook counts the sources that Cython opens."""

import sys

from setuptools import setup
from Cython.Build import cythonize

opened = []


def audit(event, args):
    if event == "open" and str(args[0]).endswith((".pyx", ".pxd", ".pxi")):
        opened.append(str(args[0]))


if hasattr(sys, "addaudithook"):
    sys.addaudithook(audit)
modules = cythonize(["a.pyx", "b.pyx"], force=True, compiler_directives={"language_level": 3})
print(len(opened))
setup(name="audit-hook", version="1.0", ext_modules=modules)
