"""The source `-` is read by the compiler from descriptor 0, which is another file for each extension."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        with open("input-%s.txt" % ext.name, "w") as file:
            file.write("int common_value(void) { return %d; }\n" % ord(ext.name))
        saved = os.dup(0)
        descriptor = os.open(file.name, os.O_RDONLY)
        os.dup2(descriptor, 0)
        os.close(descriptor)
        made = "made-%s.o" % ext.name
        self.spawn(["gcc", "-x", "c", "-fPIC", "-c", "-", "-o", made])
        os.dup2(saved, 0)
        os.close(saved)
        ext.extra_objects = [made]
        super().build_extension(ext)


setup(
    name="source-from-stdin",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"], define_macros=[("CALLS", "common_value")]) for name in "ab"],
)
