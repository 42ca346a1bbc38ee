"""`--coverage` makes the compiler write a side file with the output's name, which the output names too."""

from setuptools import Extension, setup

# Without a seed GCC marks each output with the time.
flags = ["--coverage", "-frandom-seed=1"]
link_flags = ["--coverage"]

setup(
    name="coverage-flags",
    version="1.0",
    ext_modules=[
        Extension("one", ["one.c", "common.c"], extra_compile_args=flags + ["-DVAL=1"], extra_link_args=link_flags),
        Extension("two", ["two.c", "common.c"], extra_compile_args=flags + ["-DVAL=2"], extra_link_args=link_flags),
        Extension("three", ["one.c", "common.c"], extra_compile_args=["-DVAL=3"]),
    ],
)
