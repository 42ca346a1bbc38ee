"""An extension's sources are a list whose iteration writes the sources by starting a shell."""

import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class Written(list):
    def __iter__(self):
        for name in list.__iter__(self):
            subprocess.check_call(["sh", "-c", "test -e $0 || sed s/value/made/ value.c > $0", name])
            yield name


class BuildExt(build_ext):
    def build_extension(self, ext):
        ext.sources = Written(ext.sources)
        super().build_extension(ext)


setup(
    name="sources-written-while-iterated",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["made-%s.c" % name], define_macros=[("MODULE", name)]) for name in ("one", "two")],
)
