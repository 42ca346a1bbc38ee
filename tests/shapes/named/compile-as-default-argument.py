"""The original `compile` is bound as a default argument of its replacement, which reverses the sources."""

from setuptools import Extension, setup
from distutils.ccompiler import CCompiler


def compile(self, sources, *args, original=CCompiler.compile, done=[], **kwargs):
    objects = original(self, list(reversed(sources)), *args, **kwargs)
    done.extend(objects)
    with open("objects.txt", "w") as file:
        file.write("\n".join(done))
    return objects


CCompiler.compile = compile

setup(
    name="compile-as-default-argument",
    version="1.0",
    ext_modules=[
        Extension(name, [name + ".c", "common.c"], define_macros=[("CALLS", "common_value")]) for name in "ab"
    ],
)
