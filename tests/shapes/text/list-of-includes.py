"""`-H` makes the compiler print each header that it opens; Python prints between them."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        print("headers of", ext.name, flush=True)
        super().build_extension(ext)


setup(
    name="list-of-includes",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension(name, [name + ".c"], extra_compile_args=["-H"], define_macros=[("HEADER", '"helper.h"')]) for name in "ab"
    ],
)
