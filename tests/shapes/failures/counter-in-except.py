"""A counter moves after each `super()`; the `except` prints where it stood when the broken one failed."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    started = finished = 0

    def build_extension(self, ext):
        try:
            self.started += 1
            super().build_extension(ext)
            self.finished += 1
        except Exception as error:
            print(ext.name, self.started, self.finished, type(error).__name__)
            ext.sources[:] = ["value.c"]
            ext.define_macros = [("MODULE", ext.name), ("VALUE", "%d%d" % (self.started, self.finished))]
            super().build_extension(ext)


setup(
    name="counter-in-except",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
