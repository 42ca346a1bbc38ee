"""`build_extension` leaves the compiler changed: by a list changed in place, by a new list, and by a method."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class LeavingBuildExt(build_ext):
    def build_extension(self, ext):
        if ext.name == "in_place":
            self.compiler.compiler_so.append("-DIN_PLACE=1")
        if ext.name == "replaced":
            self.compiler.compiler_so = self.compiler.compiler_so + ["-DREPLACED=1"]
        if ext.name == "by_method":
            self.compiler.define_macro("BY_METHOD", "1")
        build_ext.build_extension(self, ext)
        if ext.name == "after":
            self.compiler.undefine_macro("IN_PLACE")
            self.debug = 1


NAMES = ["first", "in_place", "second", "replaced", "third", "by_method", "fourth", "after", "last"]

setup(
    name="leaves-compiler-changed",
    version="1.0",
    cmdclass={"build_ext": LeavingBuildExt},
    ext_modules=[Extension(name, ["value.c"], define_macros=[("NAME", name)]) for name in NAMES],
)
