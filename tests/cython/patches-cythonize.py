# imports: a b d
"""`setup.py` replaces the function that translates one module by one that prints, keeps a list, and calls it."""

from setuptools import setup
from Cython.Build import Dependencies

translate_one = Dependencies.cythonize_one
done = []


def translate_and_tell(source, *args, **kwargs):
    print("begin", source, len(done))
    translate_one(source, *args, **kwargs)
    done.append(source)
    print("end", source)


Dependencies.cythonize_one = translate_and_tell
modules = Dependencies.cythonize(["a.pyx", "b.pyx", "d.pyx"], compiler_directives={"language_level": 3})
print(done)
setup(name="patches-cythonize", version="1.0", ext_modules=modules)
