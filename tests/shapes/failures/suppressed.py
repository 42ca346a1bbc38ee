"""`contextlib.suppress` surrounds the broken extension only, and an ExitStack calls functions back in reverse order."""

import contextlib

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from distutils.errors import CCompilerError


class BuildExt(build_ext):
    def build_extensions(self):
        with contextlib.ExitStack() as self.stack:
            super().build_extensions()
            print("end of the loop")

    def build_extension(self, ext):
        with contextlib.suppress(CCompilerError):
            super().build_extension(ext)
            self.stack.callback(print, "back from", ext.name)


setup(
    name="suppressed",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
