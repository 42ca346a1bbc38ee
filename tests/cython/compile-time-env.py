# imports: one.condition two.condition
"""The values of `compile_time_env` differ between two translations of a source."""

from setuptools import Extension, setup
from Cython.Build import cythonize

modules = []
for name, wide in (("one", True), ("two", False)):
    modules += cythonize(
        [Extension(name + ".condition", ["condition.pyx"])],
        build_dir="generated-" + name,
        compile_time_env={"WIDE": wide, "NAME": name},
        compiler_directives={"language_level": 3},
    )
setup(name="compile-time-env", version="1.0", ext_modules=modules)
