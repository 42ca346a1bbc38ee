"""`build_clib.build_libraries` is overridden: it writes a header, calls the base and copies the archive."""

import os
import shutil

from setuptools import Extension, setup
from setuptools.command.build_clib import build_clib


class BuildClib(build_clib):
    def build_libraries(self, libraries):
        for name, info in libraries:
            info.setdefault("macros", []).append(("VAL", str(len(name))))
        super().build_libraries(libraries)
        for name, info in libraries:
            path = os.path.join(self.build_clib, "lib%s.a" % name)
            print(name, os.path.exists(path))
            shutil.copy(path, "build/%s-copy.a" % name)
            os.unlink(path)
        for name, info in libraries:
            shutil.copy("build/%s-copy.a" % name, os.path.join(self.build_clib, "lib%s.a" % name))


setup(
    name="clib-overrides",
    version="1.0",
    cmdclass={"build_clib": BuildClib},
    libraries=[("first", {"sources": ["lib.c"]}), ("second", {"sources": ["common.c"]})],
    ext_modules=[Extension("a", ["a.c"], define_macros=[("CALLS", "lib_value")], libraries=["first"])],
)
