# exit code: 1
"""The compiler is a script that ends with 0 but writes no object for one source, so that the link fails."""

import os

from setuptools import Extension, setup

with open("wrapper.sh", "w") as file:
    file.write('#!/bin/sh\ncase " $* " in *" b.c "*) exit 0;; esac\nexec gcc "$@"\n')
os.chmod("wrapper.sh", 0o755)
os.environ["CC"] = "./wrapper.sh"

setup(
    name="wrapper-succeeds-without-output",
    version="1.0",
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
