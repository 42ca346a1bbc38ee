"""C, C++ and an assembler file are mixed in one extension; the assembler file is made by `-S` in the call before."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extensions(self):
        self.compiler.src_extensions = list(self.compiler.src_extensions) + [".s"]
        super().build_extensions()

    def build_extension(self, ext):
        self.spawn(["gcc", "-S", "-fPIC", "-DVAL=%d" % ord(ext.name), "lib.c", "-o", "made.s"])
        super().build_extension(ext)


setup(
    name="cplusplus-and-assembler",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c", "plus.cpp", "made.s"], define_macros=[("CALLS", "lib_value")]) for name in "ab"],
)
