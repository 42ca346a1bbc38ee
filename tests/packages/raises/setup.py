"""`build_extension` raises: for an optional extension that is a warning, for another it ends the build."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# setuptools has to be imported first: it may bring distutils with it.
from distutils.errors import CompileError, DistutilsSetupError


class RaisingBuildExt(build_ext):
    def build_extension(self, ext):
        if ext.name == "optional":
            raise CompileError("this extension is not for this platform")
        build_ext.build_extension(self, ext)
        if ext.name == "unsupported":
            raise DistutilsSetupError("this module is not supported here")


setup(
    name="raises",
    version="1.0",
    cmdclass={"build_ext": RaisingBuildExt},
    ext_modules=[
        Extension("first", ["value.c"], define_macros=[("NAME", "first")]),
        Extension("optional", ["value.c"], define_macros=[("NAME", "optional")], optional=True),
        Extension("second", ["value.c"], define_macros=[("NAME", "second")]),
        Extension("unsupported", ["value.c"], define_macros=[("NAME", "unsupported")]),
        Extension("last", ["value.c"], define_macros=[("NAME", "last")]),
    ],
)
