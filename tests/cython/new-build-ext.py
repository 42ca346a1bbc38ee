# imports: a b d
"""`new_build_ext`, which translates each module just before it is built, or all in `finalize_options`."""

from setuptools import Extension, setup
from Cython.Distutils.build_ext import new_build_ext

setup(
    name="new-build-ext",
    version="1.0",
    cmdclass={"build_ext": new_build_ext},
    ext_modules=[Extension(name, [name + ".pyx"]) for name in "abd"],
)
