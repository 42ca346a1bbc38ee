# always
# imports: a d
"""`setup.py` sets the time of the C, which decides what the next build translates, and looks at times."""

import os

from setuptools import setup
from Cython.Build import cythonize

print([os.path.exists(name) and os.stat(name).st_mtime for name in ("a.c", "d.c")])
modules = cythonize(["a.pyx", "d.pyx"], compiler_directives={"language_level": 3})
print(os.stat("a.c").st_mtime > os.stat("a.pyx").st_mtime)
os.utime("a.c", (1700000000, 1700000000))
os.utime("d.c", (1500000000, 1500000000))
print([os.stat(name).st_mtime for name in ("a.c", "d.c")])
setup(name="sets-time", version="1.0", ext_modules=modules)
