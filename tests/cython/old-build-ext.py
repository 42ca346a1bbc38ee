# imports: a b d
"""`old_build_ext`, from before `cythonize`, which translates in `swig_sources`."""

from setuptools import Extension, setup
from Cython.Distutils.old_build_ext import old_build_ext

setup(
    name="old-build-ext",
    version="1.0",
    cmdclass={"build_ext": old_build_ext},
    ext_modules=[Extension(name, [name + ".pyx"]) for name in "abd"],
)
