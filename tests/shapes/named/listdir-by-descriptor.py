"""The folder of modules is opened once as a descriptor, and listed and scanned by it after each call."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extensions(self):
        os.makedirs(self.build_lib)
        self.folder = os.open(self.build_lib, os.O_RDONLY)
        super().build_extensions()
        os.close(self.folder)

    def build_extension(self, ext):
        super().build_extension(ext)
        names = sorted(os.listdir(self.folder))
        sizes = [os.stat(name, dir_fd=self.folder).st_size > 1000 for name in names]
        print([name.split(".")[0] for name in names], sizes)


setup(
    name="listdir-by-descriptor",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
