"""The failure of an extension is thrown into a generator, which yields another source for it."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def sources_of(name):
    try:
        yield ["broken.c"]
        print("not needed again")
    except Exception as error:
        print("thrown", type(error).__name__)
        yield ["value.c"]


class BuildExt(build_ext):
    def build_extension(self, ext):
        generator = sources_of(ext.name)
        ext.sources = next(generator)
        try:
            super().build_extension(ext)
        except Exception as error:
            ext.sources = generator.throw(error)
            super().build_extension(ext)


setup(
    name="exception-thrown-into-generator",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["value.c"], define_macros=[("MODULE", name)]) for name in ("one", "two")],
)
