"""`build_extension` appends to a file: each line is written once, in the order of the extensions."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class LoggingBuildExt(build_ext):
    def build_extension(self, ext):
        build_ext.build_extension(self, ext)
        with open("log.txt", "a") as file:
            file.write("{}\n".format(ext.name))


setup(
    name="appends-to-log",
    version="1.0",
    cmdclass={"build_ext": LoggingBuildExt},
    ext_modules=[Extension(name, ["value.c"], define_macros=[("NAME", name)]) for name in ("ant", "bee", "cow")],
)
