# exit code: 1
"""A missing key raises KeyError after the failing compilation; the plain build only ever sees the CompileError."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    known = {"a": 1}

    def build_extension(self, ext):
        super().build_extension(ext)
        print(self.known[ext.name])


setup(
    name="own-error-after-failure",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
