# imports: a b d
"""`setup.py` translates in processes of its own."""

import multiprocessing

from setuptools import Extension, setup
from Cython.Build import cythonize


def translate(name):
    modules = cythonize(name + ".pyx", quiet=True, compiler_directives={"language_level": 3})
    return modules[0].sources


if __name__ == "__main__":
    with multiprocessing.get_context("fork").Pool(2) as pool:
        sources = pool.map(translate, "abd")
    print(sources)
    setup(
        name="own-processes",
        version="1.0",
        ext_modules=[Extension(name, source) for name, source in zip("abd", sources)],
    )
