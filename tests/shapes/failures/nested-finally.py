# exit code: 1
"""Nested `finally` blocks, one of which returns to an outer `except`, record the order in which they run."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

order = []


class BuildExt(build_ext):
    def build_extensions(self):
        try:
            try:
                super().build_extensions()
                order.append("all built")
            finally:
                order.append("inner finally")
        except BaseException as error:
            order.append("outer " + type(error).__name__)
            raise
        finally:
            order.append("outer finally")
            print(order)

    def build_extension(self, ext):
        try:
            super().build_extension(ext)
            order.append("built " + ext.name)
        finally:
            order.append("left " + ext.name)


setup(
    name="nested-finally",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
