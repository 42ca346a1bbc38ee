# exit code: 1
"""Each call asserts that the previous module exists and that the next one does not yet; the last assertion fails."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        names = [each.name for each in self.extensions]
        number = names.index(ext.name)
        assert all(os.path.exists(self.get_ext_fullpath(name)) for name in names[:number])
        assert not any(os.path.exists(self.get_ext_fullpath(name)) for name in names[number:])
        super().build_extension(ext)
        print("fine", ext.name)
        assert ext.name != "c", "as announced"


setup(
    name="assertion-on-output",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abcd"],
)
