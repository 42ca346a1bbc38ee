"""`compile` is replaced by a function that tries a flag the compiler does not know and falls back without it."""

from setuptools import Extension, setup
from distutils.ccompiler import CCompiler
from distutils.errors import CompileError

original = CCompiler.compile


def compile(self, sources, output_dir=None, macros=None, *args, **kwargs):
    flags = kwargs.pop("extra_postargs", None) or []
    try:
        return original(self, sources, output_dir, macros, *args, extra_postargs=flags + ["--unknown-flag"], **kwargs)
    except CompileError:
        macros = (macros or []) + [("VALUE", "4")]
        return original(self, sources, output_dir, macros, *args, extra_postargs=flags, **kwargs)


CCompiler.compile = compile

setup(
    name="compile-with-try",
    version="1.0",
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
