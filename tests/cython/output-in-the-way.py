# exit code: 1
"""A directory has the name of the C of the second module, which can't be written."""

import os

from setuptools import Extension, setup
from Cython.Compiler.Main import compile

os.makedirs("d.c", exist_ok=True)
for name in ("a", "d", "b"):
    result = compile(name + ".pyx", language_level=3)
    print(name, result.num_errors)
setup(name="output-in-the-way", version="1.0", ext_modules=[Extension(name, [name + ".c"]) for name in "adb"])
