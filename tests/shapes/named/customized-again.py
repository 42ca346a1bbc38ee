"""Before the second extension CFLAGS changes in the config variables and `customize_compiler` is called again."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from distutils import sysconfig


class BuildExt(build_ext):
    def build_extension(self, ext):
        if ext.name == "b":
            values = sysconfig.get_config_vars()
            values["CFLAGS"] = values["CFLAGS"] + " -DVALUE=22"
            sysconfig.customize_compiler(self.compiler)
        super().build_extension(ext)


setup(
    name="customized-again",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
