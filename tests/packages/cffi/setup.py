"""`cffi_modules`: cffi adds a build_ext that writes C sources into the folder of objects, in `run`."""

from setuptools import setup

setup(
    name="cffi",
    version="1.0",
    cffi_modules=["builders/one.py:ffibuilder", "builders/two.py:ffibuilder"],
)
