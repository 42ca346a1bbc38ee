"""`preprocess` of a broken source fails with an error that is caught, and the next extension goes another way."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        source = {"a": "t.c", "b": "no-such-source.c", "c": "t.c"}[ext.name]
        try:
            self.compiler.preprocess(source, "gen/%s.h" % ext.name)
            ext.define_macros.append(("HEADER", '"gen/%s.h"' % ext.name))
        except Exception as error:
            print(ext.name, type(error).__name__)
            ext.define_macros.append(("VALUE", "77"))
        super().build_extension(ext)


setup(
    name="failed-preprocess",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
