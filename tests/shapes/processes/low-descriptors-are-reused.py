"""All descriptors from 3 to 30 are closed by number before each call, as daemons do, and the results opened by number."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        os.closerange(3, 30)
        super().build_extension(ext)
        os.closerange(3, 30)
        print(ext.name, os.open(self.get_ext_fullpath(ext.name), os.O_RDONLY))


setup(
    name="low-descriptors-are-reused",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
