"""`build_extension` changes `self.build_temp` and puts it back, in the style of matplotlib 3.7."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class OwnFolderBuildExt(build_ext):
    def build_extensions(self):
        for ext in self.distribution.ext_modules:
            ext.extra_compile_args.append("-DSTYLE={}".format(len(self.extensions)))
        return super().build_extensions()

    def build_extension(self, ext):
        orig_build_temp = self.build_temp
        self.build_temp = os.path.join(self.build_temp, ext.name)
        try:
            super().build_extension(ext)
        finally:
            self.build_temp = orig_build_temp


setup(
    name="changes-build-temp",
    version="1.0",
    cmdclass={"build_ext": OwnFolderBuildExt},
    ext_modules=[
        Extension("one", ["one.c", "common.c"], define_macros=[("VAL", "1")]),
        Extension("two", ["two.c", "common.c"], define_macros=[("VAL", "2")]),
        Extension("both", ["one.c", "two.c", "common.c"], define_macros=[("VAL", "3+STYLE")]),
    ],
)
