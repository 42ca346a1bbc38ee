"""`object_filenames` gives every source of the same name the same path: objects are overwritten by later extensions."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extensions(self):
        def object_filenames(sources, *args, **kwargs):
            return [os.path.join("build", "object%d.o" % number) for number, _ in enumerate(sources)]

        self.compiler.object_filenames = object_filenames
        super().build_extensions()


setup(
    name="same-object-path",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension(name, ["value.c", "common.c"], define_macros=[("MODULE", name), ("VAL", str(len(name))), ("CALLS", "common_value")])
        for name in ("one", "four", "eleven")
    ],
)
