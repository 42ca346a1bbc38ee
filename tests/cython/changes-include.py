# imports: a b
"""`setup.py` changes an included file between two calls of `cythonize`: each call uses the text of its time."""

from setuptools import setup
from Cython.Build import cythonize


def write(number):
    with open("shared.pxi", "w") as file:
        file.write("cdef int shared_number(int extra):\n    return %d + extra\n" % number)


modules = []
for number, name in ((1000, "a.pyx"), (2000, "b.pyx")):
    write(number)
    modules += cythonize(name, force=True, compiler_directives={"language_level": 3})
    with open(modules[-1].sources[0]) as file:
        print(name, str(number) in file.read())
write(3000)
setup(name="changes-include", version="1.0", ext_modules=modules)
