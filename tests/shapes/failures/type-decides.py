"""Whether the exception is a CompileError or a LinkError decides which kind of fallback module is built."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from distutils.errors import CompileError, LinkError


class BuildExt(build_ext):
    def build_extension(self, ext):
        try:
            return super().build_extension(ext)
        except CompileError:
            value = "100"
        except LinkError:
            value = "200"
        fallback = Extension(ext.name, ["value.c"], define_macros=[("MODULE", ext.name), ("VALUE", value)])
        fallback._full_name = ext.name
        fallback._links_to_dynamic = fallback._needs_stub = False
        super().build_extension(fallback)


setup(
    name="type-decides",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension("broken", ["broken.c"]),
        Extension("unlinked", ["unlinked.c"], extra_link_args=["-Wl,-z,defs"]),
        Extension("a", ["a.c"]),
    ],
)
