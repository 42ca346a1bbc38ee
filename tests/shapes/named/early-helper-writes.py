"""A helper process started at the top writes a header for each line it reads; it is told to between the calls."""

import subprocess
import sys

helper_code = """
import sys
for line in iter(sys.stdin.readline, ""):
    with open("generated.h", "w") as file:
        file.write("#define VALUE %s" % line)
    sys.stdout.write("ok\\n")
    sys.stdout.flush()
"""
helper = subprocess.Popen(
    [sys.executable, "-c", helper_code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, universal_newlines=True
)

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        helper.stdin.write("%d\n" % ord(ext.name))
        helper.stdin.flush()
        helper.stdout.readline()
        super().build_extension(ext)


setup(
    name="early-helper-writes",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"], define_macros=[("HEADER", '"generated.h"')]) for name in "abc"],
)
helper.communicate()
