"""The compiler's wrapper is open for writing while an extension is built, and is executed as soon as it is closed."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        path = os.path.abspath("cc-for-next")
        script = open("wrapper.tmp", "w")
        script.write("#!/bin/sh\n")
        if ext.name != "a":
            self.compiler.set_executable("compiler_so", [path, "-fPIC", "-DFOR=%d" % ord(ext.name)])
        super().build_extension(ext)
        script.write('exec gcc -DAFTER_%s "$@"\n' % ext.name)
        script.close()
        os.chmod("wrapper.tmp", 0o755)
        os.rename("wrapper.tmp", path)


setup(
    name="compiler-written-meanwhile",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in ("a", "b", "c", "d")],
)
