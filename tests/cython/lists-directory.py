# imports: a d
"""`setup.py` lists the directory after `cythonize`, finds the C with a pattern, and looks at its size and mode."""

import glob
import os

from setuptools import Extension, setup
from Cython.Build import cythonize

os.umask(0o027)
cythonize(["a.pyx", "d.pyx"], compiler_directives={"language_level": 3})
print(sorted(os.listdir(".")))
found = sorted(name for name in glob.glob("*.c") if os.stat(name).st_size > 1000)
print([(name, os.stat(name).st_size, oct(os.stat(name).st_mode), os.access(name, os.X_OK)) for name in found])
setup(
    name="lists-directory",
    version="1.0",
    ext_modules=[Extension(name[:-2], [name]) for name in found],
)
