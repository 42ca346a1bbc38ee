# exit code: 1
"""An exception hook of its own prints what ended the build: an error that `build_extension` raises from the failure."""

import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def hook(kind, error, trace):
    print("hook:", kind.__name__, error, "because of", type(error.__cause__).__name__)


class BuildExt(build_ext):
    def build_extension(self, ext):
        try:
            super().build_extension(ext)
        except Exception as error:
            raise ValueError("cannot build " + ext.name) from error


sys.excepthook = hook
setup(
    name="excepthook",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
