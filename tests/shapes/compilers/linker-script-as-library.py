"""`libcommon.so` is a text with an INPUT command for the linker, which names another object for each extension."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        (made,) = self.compiler.compile(["common.c"], output_dir="made-" + ext.name, macros=[("VAL", str(ord(ext.name)))])
        with open("libcommon.so", "w") as file:
            file.write("INPUT(%s)\n" % made)
        super().build_extension(ext)


setup(
    name="linker-script-as-library",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension(name, [name + ".c"], define_macros=[("CALLS", "common_value")], libraries=["common"], library_dirs=["."])
        for name in "ab"
    ],
)
