"""A library is linked, its object is changed in place by another program, and the library is linked again; then once more."""

import subprocess
import time

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        # Before setuptools 67, times are compared in seconds.
        time.sleep(1.1)
        objects = self.compiler.compile(["lib.c"], output_dir=self.build_temp, macros=[("VAL", "97")])
        self.compiler.link_shared_lib(objects, "made", output_dir=self.build_lib)
        if ext.name == "a":
            time.sleep(1.1)
            subprocess.check_call(["objcopy", "--add-symbol", "added=.text:0", objects[0]])
        self.compiler.link_shared_lib(objects, "made", output_dir=self.build_lib)
        self.compiler.link_shared_lib(objects, "made", output_dir=self.build_lib)
        super().build_extension(ext)


setup(
    name="object-changed-between-links",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
