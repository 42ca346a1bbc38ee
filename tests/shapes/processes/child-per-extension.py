"""Each extension is built in a forked child, which tells its parent the module's size through a pipe."""

import os
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    total = 0

    def build_extension(self, ext):
        ext.define_macros.append(("VALUE", str(self.total)))
        sys.stdout.flush()
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            super().build_extension(ext)
            sys.stdout.flush()
            os.write(writing, b"%d" % os.path.getsize(self.get_ext_fullpath(ext.name)))
            os._exit(0)
        os.close(writing)
        os.waitpid(child, 0)
        self.total += int(os.read(reading, 100))
        os.close(reading)


setup(
    name="child-per-extension",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
