# imports: condition
"""Constants for the translation are pairs, not a dictionary, and a link to the output's directory changes its target."""

import os

from setuptools import setup
from Cython.Build import cythonize

for folder in ("one", "two"):
    if not os.path.isdir(folder):
        os.makedirs(folder)
options = dict(force=True, compiler_directives={"language_level": 3})
for target in ("one", "two"):
    if os.path.lexists("made"):
        os.unlink("made")
    os.symlink(target, "made")
    cythonize("a.pyx", build_dir="made", **options)
if not os.path.exists("three"):
    os.rename("two", "three")
try:
    modules = cythonize("condition.pyx", compile_time_env=[("WIDE", True), ("NAME", "pairs")], **options)
except Exception as error:
    print(type(error).__name__)
    modules = cythonize("condition.pyx", compile_time_env={"WIDE": True, "NAME": "pairs"}, **options)
setup(name="constants-as-pairs", version="1.0", ext_modules=modules)
