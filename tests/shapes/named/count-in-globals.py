"""Each call of `build_extension` raises a counter kept in `globals()["COUNT"]` and compiles it into the module."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

globals()["COUNT"] = 0


class BuildExt(build_ext):
    def build_extension(self, ext):
        globals()["COUNT"] += 1
        ext.define_macros.append(("VALUE", str(globals()["COUNT"])))
        super().build_extension(ext)
        globals()["COUNT"] += 10


setup(
    name="count-in-globals",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
