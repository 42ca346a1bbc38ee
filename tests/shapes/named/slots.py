"""The state is an object with `__slots__` and without a `__dict__`, made as a default argument."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class State:
    __slots__ = ("number", "previous")

    def __init__(self):
        self.number = 1
        self.previous = "nothing"


class BuildExt(build_ext):
    def build_extension(self, ext, state=State()):
        ext.define_macros += [("VALUE", str(state.number)), ("TEXT", '"after %s"' % state.previous)]
        super().build_extension(ext)
        state.number *= 3
        state.previous = ext.name


setup(
    name="slots",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
