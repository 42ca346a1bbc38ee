"""Futures of a pool hold the results: `exception()` of each is asked, in another order than they were submitted in."""

import sys
from concurrent.futures import ThreadPoolExecutor

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extensions(self):
        with ThreadPoolExecutor(1) as pool:
            futures = {ext.name: pool.submit(self.build_extension, ext) for ext in self.extensions}
        for name in sorted(futures, reverse=True):
            print(name, type(futures[name].exception()).__name__, futures[name].done())


setup(
    name="future-exception",
    version="1.0",
    script_args=["-q"] + sys.argv[1:],
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
