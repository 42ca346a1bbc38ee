"""A module that does not compile is replaced by one in Python, and a success removes such a file."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        pure = os.path.join(self.build_lib, ext.name + ".py")
        os.makedirs(self.build_lib, exist_ok=True)
        with open(pure, "w") as file:
            file.write("number = -1\n")
        try:
            super().build_extension(ext)
        except Exception:
            return
        os.remove(pure)


setup(
    name="pure-python-instead",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
