"""The flags come from a response file, `@flags.txt`, that is rewritten before each extension."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        with open("flags.txt", "w") as file:
            file.write("-DVALUE=%d -O1\n" % ord(ext.name))
        super().build_extension(ext)


setup(
    name="response-file",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"], extra_compile_args=["@flags.txt"]) for name in "abc"],
)
