"""The compiler's `compile` is an object with `__call__`, set on the instance, that compiles each source by itself."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class OneByOne:
    def __init__(self, compiler):
        self.inner = compiler.compile
        self.number = 0

    def __call__(self, sources, **kwargs):
        objects = []
        macros = kwargs.pop("macros", None) or []
        for source in sources:
            self.number += 1
            objects += self.inner([source], macros=macros + [("VAL", str(self.number))], **kwargs)
        return objects


class BuildExt(build_ext):
    def build_extensions(self):
        self.compiler.compile = OneByOne(self.compiler)
        super().build_extensions()
        print(self.compiler.compile.number)


setup(
    name="compile-replaced-by-object",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension(name, [name + ".c", "common.c"], define_macros=[("CALLS", "common_value")]) for name in "abc"
    ],
)
