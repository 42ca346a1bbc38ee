"""`build_extension` of the first extension changes those behind it, after it is built."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class TellingBuildExt(build_ext):
    def build_extension(self, ext):
        build_ext.build_extension(self, ext)
        for other in self.extensions[self.extensions.index(ext) + 1 :]:
            other.define_macros.append(("AFTER_" + ext.name.upper(), "1"))


setup(
    name="changes-other-extension",
    version="1.0",
    cmdclass={"build_ext": TellingBuildExt},
    ext_modules=[Extension(name, ["value.c"], define_macros=[("NAME", name)]) for name in ("ant", "bee", "cow")],
)
