"""Sources change a list that they share, so the second translation depends on the first."""

from setuptools import setup
from Cython.Build import cythonize

for name in ("one", "two"):
    with open(name + ".pyx", "w") as file:
        file.write("DEF LAST = SHARED.pop()\nvalue = LAST\n")
modules = cythonize(["one.pyx", "two.pyx"], compile_time_env={"SHARED": [1, 2, 3]}, language_level=3)
setup(name="changes-constants", version="1.0", ext_modules=modules)
