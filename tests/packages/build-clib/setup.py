"""Static libraries of the project's own (`libraries=`), which share a source and are linked into an extension."""

from setuptools import Extension, setup

setup(
    name="build-clib",
    version="1.0",
    libraries=[
        ("foo", {"sources": ["foo.c", "common.c"], "macros": [("VAL", "7")], "include_dirs": ["."]}),
        ("bar", {"sources": ["bar.c"], "macros": [("VAL", "8")], "include_dirs": ["."]}),
    ],
    ext_modules=[
        Extension("one", ["one.c", "common.c"], define_macros=[("VAL", "1")]),
        Extension("two", ["two.c", "common.c"], define_macros=[("VAL", "2")]),
    ],
)
