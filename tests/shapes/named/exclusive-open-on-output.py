"""Opening the module's path with mode "x" must fail after the build, and with O_EXCL as well."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        path = self.get_ext_fullpath(ext.name)
        try:
            open(path, "xb").close()
            print("created")
        except FileExistsError:
            print("exists")
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            print("created")
        except FileExistsError:
            print("exists")


setup(
    name="exclusive-open-on-output",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
