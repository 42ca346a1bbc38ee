"""The threshold of distutils' log changes between the extensions, so that only some commands are printed."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from distutils import log


class BuildExt(build_ext):
    def build_extension(self, ext):
        before = log.set_threshold(log.ERROR if ext.name == "b" else log.INFO)
        super().build_extension(ext)
        log.set_threshold(before)
        log.info("built %s", ext.name)


setup(
    name="verbosity-changes",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
