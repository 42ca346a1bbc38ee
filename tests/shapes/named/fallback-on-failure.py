"""A failing extension is caught in `build_extension`, which then builds it from another source and notes the failure."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from distutils.errors import CompileError, LinkError


class BuildExt(build_ext):
    def build_extension(self, ext):
        try:
            super().build_extension(ext)
        except (CompileError, LinkError) as error:
            with open("failures.txt", "a") as file:
                file.write("%s: %s\n" % (ext.name, type(error).__name__))
            ext.sources, ext.extra_link_args = ["value.c"], []
            ext.define_macros = [("MODULE", ext.name), ("VALUE", "-1")]
            super().build_extension(ext)


setup(
    name="fallback-on-failure",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension("a", ["a.c"]),
        Extension("broken", ["broken.c"]),
        Extension("unlinked", ["unlinked.c"], extra_link_args=["-Wl,-z,defs"]),
        Extension("b", ["b.c"]),
    ],
)
