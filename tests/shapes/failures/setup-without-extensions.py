"""If the build fails, `setup()` is called again with no extensions and a Python module in their place."""

import sys

from setuptools import Extension, setup

with open("pure.py", "w") as file:
    file.write("number = 0\n")

for attempt in ({"ext_modules": [Extension("pure", ["a.c", "broken.c"])]}, {"py_modules": ["pure"]}):
    try:
        setup(name="setup-without-extensions", version="1.0", **attempt)
        break
    except BaseException as error:
        print(type(error).__name__, "with", sorted(attempt), file=sys.stderr)
