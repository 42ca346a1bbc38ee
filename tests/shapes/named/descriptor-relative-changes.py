"""`os.rename` and `os.unlink` get the modules by names relative to a descriptor of their folder (`dir_fd`)."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        folder, name = os.path.split(self.get_ext_fullpath(ext.name))
        descriptor = os.open(folder, os.O_RDONLY)
        if ext.name == "a":
            os.rename(name, "renamed.so", src_dir_fd=descriptor, dst_dir_fd=descriptor)
        elif ext.name == "b":
            os.unlink(name, dir_fd=descriptor)
        else:
            os.symlink(name, "link.so", dir_fd=descriptor)
            print(os.access(name, os.X_OK, dir_fd=descriptor))
        os.close(descriptor)


setup(
    name="descriptor-relative-changes",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
