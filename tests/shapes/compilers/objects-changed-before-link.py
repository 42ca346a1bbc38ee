"""A replaced `compile` runs `objcopy` on each object, in place, before the objects are linked."""

import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extensions(self):
        compile = self.compiler.compile

        def compile_and_change(*args, **kwargs):
            objects = compile(*args, **kwargs)
            for name in objects:
                subprocess.check_call(["objcopy", "--redefine-sym", "number=renamed_number", name])
            return objects

        self.compiler.compile = compile_and_change
        super().build_extensions()


setup(
    name="objects-changed-before-link",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
