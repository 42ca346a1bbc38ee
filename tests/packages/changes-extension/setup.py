"""`build_extension` changes its extension, and leaves a number of the command changed that the next one looks at."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class ExtendingBuildExt(build_ext):
    count = 0

    def build_extension(self, ext):
        name, _ = ext.define_macros[0]
        # Twice would be another macro: COUNT_, COUNT__.
        ext.define_macros[0] = (name + "_", str(self.count))
        ext.sources.append("more.c")
        build_ext.build_extension(self, ext)
        self.count += 1


setup(
    name="changes-extension",
    version="1.0",
    cmdclass={"build_ext": ExtendingBuildExt},
    ext_modules=[
        Extension(name, ["value.c"], define_macros=[("COUNT", ""), ("NAME", name)]) for name in ("ant", "bee", "cow")
    ],
)
