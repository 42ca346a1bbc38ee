"""`build_ext --define`, `--undef` and `--include-dirs`, as setup.cfg has them, beside macros of each extension."""

from setuptools import Extension, setup

setup(
    name="define",
    version="1.0",
    ext_modules=[
        Extension("one", ["one.c", "common.c"], define_macros=[("OWN", "1")]),
        Extension("two", ["two.c", "common.c"], define_macros=[("OWN", "2")], undef_macros=["OTHER"]),
    ],
)
