# always
# imports: a b d
"""Nothing but `.pyx` sources: the build_ext of setuptools is Cython's where Cython is installed."""

from setuptools import Extension, setup

setup(name="by-setuptools", version="1.0", ext_modules=[Extension(name, [name + ".pyx"]) for name in "abd"])
