"""The linker's version script is rewritten before each extension and decides which symbols the module shows."""

import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        with open("symbols.map", "w") as file:
            file.write("{ global: PyInit_*; %s; local: *; };\n" % {"a": "number", "b": "text"}[ext.name])
        super().build_extension(ext)
        lines = subprocess.check_output(["nm", "-D", "--defined-only", self.get_ext_fullpath(ext.name)])
        print(sorted(line.split()[-1] for line in lines.decode().splitlines()))


setup(
    name="version-script",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"], extra_link_args=["-Wl,--version-script=symbols.map"]) for name in "ab"],
)
