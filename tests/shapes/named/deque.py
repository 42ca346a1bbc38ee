"""Values are taken from a deque that is rotated, and one is put back after each module."""

from collections import deque

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    values = deque([5, 7, 11], maxlen=3)

    def build_extension(self, ext):
        value = self.values.popleft()
        ext.define_macros.append(("VALUE", str(value)))
        super().build_extension(ext)
        self.values.append(value * 2)
        self.values.rotate(1)


setup(
    name="deque",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abcd"],
)
print(list(BuildExt.values))
