"""A shared library is linked by `link_shared_lib`, found by `find_library_file` and used by the extension after it."""

import time

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        # Before setuptools 67, times are compared in seconds.
        time.sleep(1.1)
        objects = self.compiler.compile(["lib.c"], output_dir=self.build_temp, macros=[("VAL", str(ord(ext.name)))])
        self.compiler.link_shared_lib(objects, "made", output_dir=self.build_lib)
        print(ext.name, self.compiler.find_library_file([self.build_temp, self.build_lib], "made") is not None)
        ext.libraries, ext.library_dirs = ["made"], [self.build_lib]
        super().build_extension(ext)


setup(
    name="shared-library-for-next",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"], define_macros=[("CALLS", "lib_value")]) for name in "ab"],
)
