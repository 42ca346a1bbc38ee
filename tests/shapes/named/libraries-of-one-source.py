"""Two static libraries have all sources in common, with other macros: the second finds its objects up to date."""

from setuptools import Extension, setup

setup(
    name="libraries-of-one-source",
    version="1.0",
    libraries=[
        ("first", {"sources": ["common.c", "lib.c"], "macros": [("VAL", "7")]}),
        ("second", {"sources": ["common.c", "lib.c"], "macros": [("VAL", "8")]}),
        ("third", {"sources": ["t.c", "lib.c"], "macros": [("VAL", "9")]}),
    ],
    ext_modules=[
        Extension("a", ["a.c"], define_macros=[("CALLS", "common_value")], libraries=["second"]),
        Extension("b", ["b.c"], define_macros=[("CALLS", "lib_value")], libraries=["third"]),
    ],
)
