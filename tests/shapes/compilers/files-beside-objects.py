"""Split debug information, stack usage and coverage notes are written beside the objects and moved away after each call."""

import glob
import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        os.makedirs("notes/" + ext.name)
        for name in sorted(glob.glob(self.build_temp + "/*.*")):
            if not name.endswith(".o"):
                os.rename(name, os.path.join("notes", ext.name, os.path.basename(name)))
        print(ext.name, sorted(os.listdir("notes/" + ext.name)))


setup(
    name="files-beside-objects",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension(name, [name + ".c"], extra_compile_args=["-gsplit-dwarf", "-fstack-usage", "--coverage", "-frandom-seed=1"], extra_link_args=["--coverage"])
        for name in "ab"
    ],
)
