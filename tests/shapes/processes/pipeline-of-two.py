"""Two programs connected by a pipe read the built module: its strings, filtered, become a text file."""

import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        first = subprocess.Popen(["nm", "-D", self.get_ext_fullpath(ext.name)], stdout=subprocess.PIPE)
        with open("symbols-%s.txt" % ext.name, "wb") as file:
            second = subprocess.Popen(["grep", "-o", "PyInit.*\\|number"], stdin=first.stdout, stdout=file)
        first.stdout.close()
        print(ext.name, second.wait(), first.wait())


setup(
    name="pipeline-of-two",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
