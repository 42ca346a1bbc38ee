# exit code: 1
"""The compiler exists but LDSHARED names a program that does not."""

import os

from setuptools import Extension, setup

os.environ["LDSHARED"] = "./no-such-linker -shared"

setup(
    name="missing-linker",
    version="1.0",
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
