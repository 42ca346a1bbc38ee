"""A pool of one thread builds the extensions in order, and the main thread prints each result."""

import os
import sys
from concurrent.futures import ThreadPoolExecutor

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extensions(self):
        with ThreadPoolExecutor(1) as pool:
            jobs = [(ext, pool.submit(self.build_one, ext)) for ext in self.extensions]
            for ext, job in jobs:
                print(ext.name, job.result())

    def build_one(self, ext):
        self.build_extension(ext)
        return os.path.getsize(self.get_ext_fullpath(ext.name)) > 1000


setup(
    name="thread-pool",
    version="1.0",
    script_args=["-q"] + sys.argv[1:],
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
