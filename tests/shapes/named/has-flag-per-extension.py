"""`build_extension` probes one flag that exists and one that does not by compiling a temporary file."""

import os
import sys
import tempfile

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from distutils.errors import CompileError


class BuildExt(build_ext):
    def has_flag(self, flag):
        with tempfile.TemporaryDirectory(dir=".", prefix="probe-") as folder:
            name = os.path.join(folder, "flag.c")
            with open(name, "w") as file:
                file.write("int main(void) { return 0; }\n")
            try:
                self.compiler.compile([name], output_dir=folder, extra_postargs=[flag])
            except CompileError:
                return False
            return True

    def build_extension(self, ext):
        flags = [flag for flag in ("-fvisibility=hidden", "-fno-such-flag-%s" % ext.name) if self.has_flag(flag)]
        ext.extra_compile_args = flags
        ext.define_macros.append(("VALUE", str(len(flags))))
        super().build_extension(ext)


setup(
    name="has-flag-per-extension",
    version="1.0",
    script_args=["-q"] + sys.argv[1:],
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
