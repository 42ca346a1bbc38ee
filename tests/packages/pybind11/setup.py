"""`Pybind11Extension` with pybind11's `build_ext`, which probes for the newest C++ standard for each extension."""

from pybind11.setup_helpers import Pybind11Extension, build_ext
from setuptools import setup

setup(
    name="pybind11",
    version="1.0",
    cmdclass={"build_ext": build_ext},
    ext_modules=[
        Pybind11Extension("one", ["one.cpp", "common.cpp"], define_macros=[("VAL", "1")], extra_compile_args=["-O0", "-g0"]),
        Pybind11Extension("two", ["two.cpp", "common.cpp"], define_macros=[("VAL", "2")], extra_compile_args=["-O0", "-g0"]),
    ],
)
