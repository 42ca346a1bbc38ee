"""The handler of a failure looks which objects and modules exist and puts the list into the module built instead."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        try:
            super().build_extension(ext)
        except Exception:
            names = sorted(os.listdir(self.build_temp)) + sorted(name.split(".")[0] for name in os.listdir(self.build_lib))
            print(names)
            ext.sources = ["value.c"]
            ext.define_macros = [("MODULE", ext.name), ("TEXT", '"%s"' % " ".join(names))]
            super().build_extension(ext)


setup(
    name="except-looks-at-files",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension("a", ["a.c"]),
        Extension("broken", ["common.c", "broken.c", "lib.c"]),
        Extension("c", ["c.c"]),
    ],
)
