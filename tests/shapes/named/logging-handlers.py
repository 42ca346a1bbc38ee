"""A logging handler that counts the records is attached around each `super()`; the count goes into the next module."""

import logging

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class Counting(logging.Handler):
    number = 0

    def emit(self, record):
        Counting.number += 1


class BuildExt(build_ext):
    def build_extension(self, ext):
        ext.define_macros.append(("VALUE", str(Counting.number)))
        handler = Counting()
        logging.getLogger().addHandler(handler)
        try:
            logging.getLogger("project").error("building %s", ext.name)
            super().build_extension(ext)
        finally:
            logging.getLogger().removeHandler(handler)
        logging.getLogger("project").error("built %s", ext.name)


setup(
    name="logging-handlers",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
