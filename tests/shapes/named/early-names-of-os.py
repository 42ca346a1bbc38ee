"""`stat`, `rename` and `unlink` are taken from `os` before setuptools is imported and used on the modules."""

from os import listdir, rename, stat, unlink

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        path = self.get_ext_fullpath(ext.name)
        print(ext.name, stat(path).st_size > 1000)
        if ext.name == "a":
            rename(path, path + ".old")
        elif ext.name == "b":
            unlink(path)
        print(sorted(name.split(".")[0] for name in listdir(self.build_lib)))


setup(
    name="early-names-of-os",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
