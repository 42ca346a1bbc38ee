"""pybind11's `ParallelCompile` replaces `CCompiler.compile` by one that uses threads."""

from pybind11.setup_helpers import ParallelCompile, Pybind11Extension
from setuptools import setup

ParallelCompile("AMBIDEX_TEST_THREADS", default=3).install()

setup(
    name="pybind11-parallel-compile",
    version="1.0",
    ext_modules=[
        Pybind11Extension("one", ["one.cpp", "common.cpp", "more.cpp"], cxx_std=17, define_macros=[("VAL", "1")]),
        Pybind11Extension("two", ["two.cpp", "common.cpp", "more.cpp"], cxx_std=17, define_macros=[("VAL", "2")]),
    ],
)
