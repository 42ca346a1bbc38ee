# exit code: 1
"""CC names a program that does not exist."""

import os

from setuptools import Extension, setup

os.environ["CC"] = "no-such-compiler"

setup(
    name="missing-compiler",
    version="1.0",
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
