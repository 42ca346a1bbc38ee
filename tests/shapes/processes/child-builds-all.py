"""A forked child runs the whole base loop; the parent only waits and then lists what there is."""

import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extensions(self):
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            super().build_extensions()
            sys.stdout.flush()
            os._exit(len(self.extensions))
        print("built:", os.WEXITSTATUS(os.waitpid(child, 0)[1]))
        print(sorted(name.split(".")[0] for name in os.listdir(self.build_lib)))


setup(
    name="child-builds-all",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
