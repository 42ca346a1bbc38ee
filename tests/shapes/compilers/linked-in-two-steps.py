"""All objects of an extension are first joined by `ld -r`, through the compiler's own program, then linked as one."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        objects = self.compiler.compile(ext.sources, output_dir=self.build_temp, macros=ext.define_macros)
        joined = "%s/joined-%s.o" % (self.build_temp, ext.name)
        self.spawn(["ld", "-r", "-o", joined] + objects)
        ext.sources, ext.extra_objects = [], [joined]
        super().build_extension(ext)


setup(
    name="linked-in-two-steps",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c", "common.c"], define_macros=[("CALLS", "common_value")]) for name in "ab"],
)
