"""The extension is built in `run` before the libraries; one of them takes the extension's object into its archive."""

import os

from setuptools import Extension, setup
from setuptools.command.build_clib import build_clib
from setuptools.command.build_ext import build_ext
from distutils.command.build import build


class Build(build):
    sub_commands = [("build_ext", None), ("build_clib", None)]


class BuildClib(build_clib):
    def build_libraries(self, libraries):
        super().build_libraries(libraries)
        objects = [os.path.join(self.get_finalized_command("build_ext").build_temp, "a.o")]
        self.compiler.create_static_lib(objects, "with-object", output_dir=self.build_clib)


class BuildExt(build_ext):
    def run(self):
        libraries, self.distribution.libraries = self.distribution.libraries, None
        super().run()
        self.distribution.libraries = libraries


setup(
    name="clib-after-extension",
    version="1.0",
    cmdclass={"build": Build, "build_clib": BuildClib, "build_ext": BuildExt},
    libraries=[("first", {"sources": ["lib.c"]})],
    ext_modules=[Extension("a", ["a.c"])],
)
