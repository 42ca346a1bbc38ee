"""`build_extensions` changes all extensions by what it finds and ends in the base loop, with a `finally` around it."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extensions(self):
        self.extensions.sort(key=lambda ext: ext.name, reverse=True)
        for number, ext in enumerate(self.extensions):
            ext.define_macros.append(("VALUE", str(number)))
        try:
            super().build_extensions()
        finally:
            print(sorted(name.split(".")[0] for name in os.listdir(self.build_lib)))


setup(
    name="build-extensions-ends-in-super",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
