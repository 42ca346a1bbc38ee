# imports: a d
"""`setup.py` starts the program `cython` for each module, and one that fails."""

import subprocess
import sys

from setuptools import Extension, setup

for name in ("a", "d", "unfinished"):
    sys.stdout.flush()
    command = [sys.executable, "-m", "cython", "-3", "--output-file", name + ".c", name + ".pyx"]
    print(name, subprocess.call(command), flush=True)
setup(name="command-line", version="1.0", ext_modules=[Extension(name, [name + ".c"]) for name in "ad"])
