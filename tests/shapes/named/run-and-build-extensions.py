"""`run`, `build_extensions` and `build_extension` are all overridden and share one list that records their order."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def run(self):
        self.order = ["run"]
        super().run()
        self.order.append("ran")
        print(" ".join(self.order))

    def build_extensions(self):
        self.order.append("loop")
        super().build_extensions()
        self.order.append("looped")

    def build_extension(self, ext):
        self.order.append(ext.name)
        ext.define_macros.append(("VALUE", str(len(self.order))))
        super().build_extension(ext)
        self.order.append(ext.name.upper())


setup(
    name="run-and-build-extensions",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
