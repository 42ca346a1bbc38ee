"""An object is compiled from a source in a temporary folder that vanishes when the `with` around `super()` ends."""

import os
import sys
import tempfile

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        with tempfile.TemporaryDirectory() as folder:
            here = os.getcwd()
            source = os.path.join(folder, "temporary.c")
            with open(source, "w") as file:
                file.write('#line 1 "temporary.c"\nint common_value(void) { return %d; }\n' % ord(ext.name))
            self.compiler.set_executables(compiler_so=[item for item in self.compiler.compiler_so if item != "-g"])
            objects = self.compiler.compile([source], output_dir=folder)
            ext.extra_objects = objects
            super().build_extension(ext)
        print(ext.name, os.path.exists(folder), os.getcwd() == here)


setup(
    name="temporary-files",
    version="1.0",
    script_args=["-q"] + sys.argv[1:],
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"], define_macros=[("CALLS", "common_value")]) for name in "ab"],
)
