# always
# imports: a b d
"""`setup.py` replaces a method of the compiler by one that changes the C and counts; the count goes into the C."""

from setuptools import setup
from Cython.Build import cythonize
from Cython.Compiler import ModuleNode

generate = ModuleNode.ModuleNode.generate_c_code
count = []


def generate_and_mark(self, env, options, result):
    generate(self, env, options, result)
    count.append(result.c_file)
    with open(result.c_file, "a") as file:
        file.write("/* module %d */\n" % len(count))


ModuleNode.ModuleNode.generate_c_code = generate_and_mark
modules = cythonize(["a.pyx", "b.pyx", "d.pyx"], compiler_directives={"language_level": 3})
print(count)
setup(name="patches-compiler", version="1.0", ext_modules=modules)
