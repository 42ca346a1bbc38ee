"""A program that needs the module is started after each call and only waited for at the very end."""

import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

started = []


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        with open("dump-%s.txt" % ext.name, "wb") as file:
            started.append(subprocess.Popen(["readelf", "-h", self.get_ext_fullpath(ext.name)], stdout=file))


setup(
    name="popen-without-wait",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
print([process.wait() for process in started])
