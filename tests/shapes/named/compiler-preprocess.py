"""The compiler's `preprocess` makes a header from a source between the calls, and the next extension includes it."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        if ext.name != "a":
            target = "gen/%s.h" % ext.name
            self.compiler.preprocess("t.c", target, macros=[("VAL", str(ord(ext.name)))])
            ext.define_macros += [("HEADER", '"%s"' % target), ("VALUE", "preprocessed_value()")]
        super().build_extension(ext)


setup(
    name="compiler-preprocess",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
