"""The compiler is a Python script that asks its parent's folder for the modules built so far and compiles their number."""

import os
import sys

from setuptools import Extension, setup

SCRIPT = """
import glob, os, sys
number = len(glob.glob("build/lib*/*.so"))
os.execvp("gcc", ["gcc", "-DVALUE=%d" % number] + sys.argv[1:])
"""
with open("wrapper.py", "w") as file:
    file.write(SCRIPT)
os.environ["CC"] = sys.executable + " -S -E wrapper.py"

setup(
    name="wrapper-of-python",
    version="1.0",
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
