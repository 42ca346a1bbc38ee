"""A variable of the standard `sysconfig` and EXT_SUFFIX of distutils' copy are changed between the extensions."""

import sysconfig

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from distutils import sysconfig as distutils_sysconfig


class BuildExt(build_ext):
    def build_extension(self, ext):
        mine = sysconfig.get_config_vars()
        theirs = distutils_sysconfig.get_config_vars()
        mine["PROJECT_NUMBER"] = mine.get("PROJECT_NUMBER", 0) + 1
        suffix = theirs["EXT_SUFFIX"]
        if ext.name == "b":
            theirs["EXT_SUFFIX"] = ".special.so"
        ext.define_macros.append(("VALUE", str(sysconfig.get_config_var("PROJECT_NUMBER"))))
        try:
            super().build_extension(ext)
        finally:
            theirs["EXT_SUFFIX"] = suffix


setup(
    name="config-variables",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
