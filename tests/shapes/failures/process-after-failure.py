# exit code: 1
"""A process is started after each module; the one after the broken extension would leave a file behind."""

import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        subprocess.Popen(["sh", "-c", "echo process after $0 | tee after-$0.txt", ext.name]).wait()


setup(
    name="process-after-failure",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
