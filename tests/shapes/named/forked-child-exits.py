# exit code: 3
"""A forked child builds the extension and leaves by `sys.exit(3)`; the parent reports that and leaves with the same code."""

import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        if ext.name != "b":
            return super().build_extension(ext)
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            super().build_extension(ext)
            sys.exit(3)
        status = os.waitpid(child, 0)[1]
        print("the child ended with", os.WEXITSTATUS(status), os.path.exists(self.get_ext_fullpath("b")))
        sys.exit(os.WEXITSTATUS(status))


setup(
    name="forked-child-exits",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
