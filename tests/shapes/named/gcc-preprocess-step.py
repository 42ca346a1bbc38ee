"""A step of `build_extension` runs `gcc -E -o` by distutils' own `spawn`, and Python reads the result at once."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        self.spawn(["gcc", "-E", "-P", "-DVAL=%d" % ord(ext.name), "t.c", "-o", "t.i"])
        with open("t.i") as file:
            text = file.read()
        ext.define_macros.append(("TEXT", '"%s"' % text.strip()))
        super().build_extension(ext)


setup(
    name="gcc-preprocess-step",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
