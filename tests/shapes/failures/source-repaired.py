"""The handler repairs the broken source file in place and builds the extension again."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        try:
            super().build_extension(ext)
        except Exception:
            with open(ext.sources[0]) as file:
                text = file.read()
            with open(ext.sources[0], "w") as file:
                file.write(text.replace("#error", "//"))
            ext.define_macros.append(("VALUE", str(len(text))))
            super().build_extension(ext)


setup(
    name="source-repaired",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension("a", ["a.c"]),
        Extension("one", ["broken.c"], define_macros=[("MODULE", "one")]),
        Extension("two", ["broken.c"], define_macros=[("MODULE", "two")]),
    ],
)
