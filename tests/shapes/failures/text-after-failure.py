# exit code: 1
"""Text is printed by all means after each module; after the failing one, nothing may be printed but the error."""

import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        print("print", ext.name)
        sys.stderr.write("stderr %s\n" % ext.name)
        os.write(1, b"write\n")
        os.system("echo shell")
        self.announce("announce " + ext.name, 2)


setup(
    name="text-after-failure",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
