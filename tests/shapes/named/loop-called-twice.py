"""`build_extensions` calls the base loop twice, the second time with other macros, so each module is built again."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extensions(self):
        super().build_extensions()
        self.force = self.compiler.force = True
        for ext in self.extensions:
            ext.define_macros.append(("VALUE", "2"))
        super().build_extensions()


setup(
    name="loop-called-twice",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
