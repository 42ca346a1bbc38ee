# always
# exit code: 1
"""The second module can't be translated, which ends the build: the others stay as they are, with old C or none."""

import os

from setuptools import setup
from Cython.Build import cythonize

with open("d.c", "w") as file:
    file.write("#error old\n")
os.utime("d.c", (1500000000, 1500000000))
setup(
    name="broken",
    version="1.0",
    ext_modules=cythonize(
        ["a.pyx", "broken.pyx", "d.pyx", "f.pyx", "unfinished.pyx"], compiler_directives={"language_level": 3}
    ),
)
