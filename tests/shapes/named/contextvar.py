"""A context variable is set around `super()` and reset by its token; the modules get its nested values."""

import contextvars

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

depth = contextvars.ContextVar("depth", default=0)


class BuildExt(build_ext):
    def build_extension(self, ext):
        token = depth.set(depth.get() + 1)
        ext.define_macros.append(("VALUE", str(depth.get())))
        super().build_extension(ext)
        if ext.name == "b":
            depth.reset(token)


class CompilingBuildExt(BuildExt):
    def build_extension(self, ext):
        contextvars.copy_context().run(super().build_extension, ext) if ext.name == "c" else super().build_extension(ext)


setup(
    name="contextvar",
    version="1.0",
    cmdclass={"build_ext": CompilingBuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abcd"],
)
print("depth", depth.get())
