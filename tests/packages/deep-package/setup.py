"""Modules deep in packages, with Python modules and data beside them."""

from setuptools import Extension, setup

setup(
    name="deep-package",
    version="1.0",
    packages=["package", "package.sub"],
    package_data={"package.sub": ["data.txt"]},
    ext_modules=[
        Extension("package.sub.mod", ["package/sub/mod.c", "package/common.c"], define_macros=[("VAL", "1")]),
        Extension("package.mod", ["package/mod.c", "package/common.c"], define_macros=[("VAL", "2")]),
    ],
)
