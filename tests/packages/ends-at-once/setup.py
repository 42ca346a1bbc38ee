"""A process of the project builds a module, and ends without its exit handlers."""

import os
import subprocess
import sys

from setuptools import Extension, setup

if len(sys.argv) == 1:
    modules = [Extension("first", ["first.c"])]
    setup(name="first", version="1.0", ext_modules=modules, script_args=["-q", "build_ext", "--build-lib=helpers"])
    os._exit(0)
subprocess.check_call([sys.executable, "setup.py"])
print(sorted(name.split(".")[0] for name in os.listdir("helpers")))
setup(name="ends-at-once", version="1.0", ext_modules=[Extension("second", ["second.c"])])
