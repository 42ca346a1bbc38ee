# exit code: 1
"""KeyboardInterrupt is raised after the broken extension would have been built; it must not come to that."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        if ext.name == "broken":
            raise KeyboardInterrupt


setup(
    name="interrupted",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
