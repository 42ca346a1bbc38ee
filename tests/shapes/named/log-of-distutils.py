"""The text that distutils logs while a module is built is captured by a handler and becomes a file beside the module."""

import io
import logging

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        stream = io.StringIO()
        handler = logging.StreamHandler(stream)
        logging.getLogger().addHandler(handler)
        super().build_extension(ext)
        logging.getLogger().removeHandler(handler)
        with open(self.get_ext_fullpath(ext.name) + ".log", "w") as file:
            file.write(stream.getvalue())


setup(
    name="log-of-distutils",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
