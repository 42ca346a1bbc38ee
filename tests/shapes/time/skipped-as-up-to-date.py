# differs: text: a module that is made again with the same content keeps its time
"""The same extension is built again directly: the second time it is up to date, and after its source is touched it is not."""

import os
import time

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        path = self.get_ext_fullpath(ext.name)
        super().build_extension(ext)
        first = os.stat(path).st_ino, os.stat(path).st_mtime_ns
        super().build_extension(ext)
        print(ext.name, "same" if first == (os.stat(path).st_ino, os.stat(path).st_mtime_ns) else "rebuilt")
        os.utime(ext.sources[0], (time.time() + 100, time.time() + 100))
        super().build_extension(ext)
        print(ext.name, "same" if first[1] == os.stat(path).st_mtime_ns else "rebuilt")


setup(
    name="skipped-as-up-to-date",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
