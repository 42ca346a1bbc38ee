# always
# imports: a b d
"""`build_extension` calls `cythonize` for its module, between the builds of the others."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        from Cython.Build import cythonize

        (translated,) = cythonize(ext, compiler_directives={"language_level": 3})
        print(ext.name, translated.sources)
        ext.sources = translated.sources
        super().build_extension(ext)


setup(
    name="in-build-extension",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".pyx"]) for name in "abd"],
)
