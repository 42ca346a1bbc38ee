#!/usr/bin/env python3
"""Two modules that share a C file whose value comes from a macro: the case that `build -j` gets wrong."""

from setuptools import Extension, setup

setup(
    name="shared-source",
    version="1.0",
    ext_modules=[
        Extension("mod1", ["mod1.c", "common.c"], extra_compile_args=["-DVAL=12"]),
        Extension("mod2", ["mod2.c", "common.c"], extra_compile_args=["-DVAL=42"]),
    ],
)
