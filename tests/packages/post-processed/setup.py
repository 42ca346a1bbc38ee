"""`build_ext.run` goes over its outputs after the build: reads them, lists folders, appends to one of them."""

import hashlib
import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class SummingBuildExt(build_ext):
    def run(self):
        build_ext.run(self)
        lines = []
        for output in self.get_outputs():
            with open(output, "rb") as file:
                lines.append("{} {}\n".format(hashlib.sha256(file.read()).hexdigest(), os.path.basename(output)))
        objects = sorted(name for name in os.listdir(self.build_temp) if name.endswith(".o"))
        modules = sorted(os.listdir(self.build_lib))
        with open(self.get_ext_fullpath("two"), "ab") as file:
            file.write(b"signature")
        with open(os.path.join(self.build_lib, "manifest.txt"), "w") as file:
            file.writelines(lines)
            file.write("{}\n{}\n".format(" ".join(objects), " ".join(modules)))


setup(
    name="post-processed",
    version="1.0",
    cmdclass={"build_ext": SummingBuildExt},
    ext_modules=[
        Extension("one", ["one.c", "common.c"], define_macros=[("VAL", "1")]),
        Extension("two", ["two.c", "common.c"], define_macros=[("VAL", "2")]),
    ],
)
