# exit code: 1
"""An exception from the middle of the build; `finally` blocks write what exists at that moment into files."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extensions(self):
        try:
            super().build_extensions()
        finally:
            with open("at-the-end.txt", "w") as file:
                file.write("\n".join(sorted(os.listdir(self.build_lib)) + sorted(os.listdir(self.build_temp))))

    def build_extension(self, ext):
        try:
            super().build_extension(ext)
            if ext.name == "b":
                raise RuntimeError("enough after " + ext.name)
        finally:
            with open("finally-%s.txt" % ext.name, "w") as file:
                file.write(str(os.path.exists(self.get_ext_fullpath(ext.name))))


setup(
    name="exception-with-finally",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
