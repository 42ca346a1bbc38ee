"""The number of open files and the size of a core file are limited between two calls, and read back."""

import resource

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(soft, 64 - ord(ext.name) % 10), hard))
        print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])


setup(
    name="resource-limits",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
