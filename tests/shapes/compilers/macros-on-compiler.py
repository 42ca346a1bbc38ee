"""`define_macro`, `undefine_macro`, `add_include_dir` and `add_link_object` of the compiler itself are used between calls."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        self.compiler.define_macro("VALUE", str(10 * ord(ext.name)))
        super().build_extension(ext)
        self.compiler.undefine_macro("VALUE")
        if ext.name == "a":
            self.compiler.add_link_object(self.compiler.compile(["common.c"], output_dir=self.build_temp)[0])
            self.compiler.add_include_dir("include-after-a")


setup(
    name="macros-on-compiler",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
