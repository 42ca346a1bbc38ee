# imports: a b d
"""`Cython.Build.build_ext` with options: C in the directory for temporary files, listings, `.pxi` files."""

from setuptools import setup
from Cython.Build import build_ext
from Cython.Distutils import Extension

setup(
    name="build-ext-of-build",
    version="1.0",
    cmdclass={"build_ext": build_ext},
    options={"build_ext": {"cython_c_in_temp": True}},
    ext_modules=[
        Extension("a", ["a.pyx"], include_dirs=["."], cython_directives={"embedsignature": True}),
        Extension("b", ["b.pyx"], cython_gen_pxi=True),
        Extension("d", ["d.pyx"], cython_create_listing=True, cython_line_directives=True),
    ],
)
