"""Each module is stripped inside `build_extension`, in place, and its size decides a macro of the next one."""

import os
import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    size = 0

    def build_extension(self, ext):
        ext.define_macros.append(("VALUE", str(self.size)))
        super().build_extension(ext)
        path = self.get_ext_fullpath(ext.name)
        before = os.path.getsize(path)
        subprocess.check_call(["strip", path])
        self.size = os.path.getsize(path)
        print(ext.name, self.size < before)


setup(
    name="stripped-inside",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
