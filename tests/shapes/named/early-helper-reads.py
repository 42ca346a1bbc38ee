"""A shell started before everything reads the names of built modules from a pipe and writes their sizes to a file."""

import subprocess

helper = subprocess.Popen(["sh", "-c", "while read name; do wc -c < $name; done > sizes.txt"], stdin=subprocess.PIPE)

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        helper.stdin.write(self.get_ext_fullpath(ext.name).encode() + b"\n")
        helper.stdin.flush()


setup(
    name="early-helper-reads",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
helper.stdin.close()
helper.wait()
