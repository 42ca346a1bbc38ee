"""A module in Rust beside two in C: setuptools-rust runs Cargo before the rest of `build_ext`."""

from setuptools import Extension, setup
from setuptools_rust import Binding, RustExtension

setup(
    name="setuptools-rust",
    version="1.0",
    rust_extensions=[RustExtension("rusty", path="Cargo.toml", binding=Binding.NoBinding, debug=False)],
    ext_modules=[
        Extension("one", ["one.c", "common.c"], define_macros=[("VAL", "1")]),
        Extension("two", ["two.c", "common.c"], define_macros=[("VAL", "2")]),
    ],
)
