"""`os.mkdir` is tried on the path of the module just built, and on its object's."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        for path in (self.get_ext_fullpath(ext.name), os.path.join(self.build_temp, ext.name + ".o")):
            try:
                os.mkdir(path)
                print("made", ext.name)
            except FileExistsError:
                print("exists", ext.name)


setup(
    name="mkdir-on-output",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
