"""The linker writes a map file; all extensions give it the same name, and it is copied after each one."""

import re

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        with open("module.map") as file:
            text = file.read()
        with open("objects-%s.txt" % ext.name, "w") as file:
            file.write("\n".join(sorted(set(re.findall(r"build\S*\.o", text)))))


setup(
    name="map-file",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c", "common.c"], extra_link_args=["-Wl,-Map=module.map"]) for name in "abc"],
)
