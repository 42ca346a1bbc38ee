"""Sources with spaces in their names, one file under two names, an absolute path."""

import os

from setuptools import Extension, setup

here = os.path.dirname(os.path.abspath(__file__))

setup(
    name="odd-paths",
    version="1.0",
    ext_modules=[
        Extension("spaced", ["with space/my file.c", "common.c"], define_macros=[("VAL", '"a b"')]),
        Extension("dotted", ["./common.c", "./sub/dotted.c"], define_macros=[("VAL", '"c\\"d"')]),
        Extension("absolute", [os.path.join(here, "common.c")], define_macros=[("VAL", '"$HOME"')]),
        Extension("hashed", ["sub/dotted.c"], define_macros=[("VAL", '"#"')]),
    ],
)
