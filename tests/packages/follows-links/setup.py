"""A symbolic link is made to a module before anything has looked at the module itself."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class LinkingBuildExt(build_ext):
    def build_extension(self, ext):
        build_ext.build_extension(self, ext)
        built = self.get_ext_fullpath(ext.name)
        alias = os.path.join(self.build_temp, "alias-of-" + ext.name)
        os.symlink(os.path.abspath(built), alias)
        with open(alias, "rb") as file:
            length = len(file.read())
        os.remove(alias)
        with open(os.path.join(self.build_temp, ext.name + ".txt"), "w") as file:
            file.write("{}\n".format(length))


setup(
    name="follows-links",
    version="1.0",
    cmdclass={"build_ext": LinkingBuildExt},
    ext_modules=[
        Extension("one", ["one.c", "common.c"], define_macros=[("VAL", "1")]),
        Extension("two", ["two.c", "common.c"], define_macros=[("VAL", "2")]),
    ],
)
