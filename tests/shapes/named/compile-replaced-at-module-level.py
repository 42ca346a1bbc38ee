"""`CCompiler.compile` is replaced at module level by a function that adds a macro counting its calls."""

from setuptools import Extension, setup
from distutils.ccompiler import CCompiler

original = CCompiler.compile
calls = []


def compile(self, sources, output_dir=None, macros=None, *args, **kwargs):
    calls.append(list(sources))
    macros = list(macros or []) + [("VALUE", str(len(calls)))]
    return original(self, sources, output_dir, macros, *args, **kwargs)


CCompiler.compile = compile

setup(
    name="compile-replaced-at-module-level",
    version="1.0",
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
print(calls)
