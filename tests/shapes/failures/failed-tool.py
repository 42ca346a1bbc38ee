# exit code: 1
"""`strip` of a wrong path fails after the first module and ends the build by CalledProcessError."""

import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        subprocess.check_call(["strip", self.get_ext_fullpath(ext.name)])
        if ext.name == "b":
            subprocess.check_call(["strip", "build/no-such-module.so"])


setup(
    name="failed-tool",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
