"""`__TIMESTAMP__` and SOURCE_DATE_EPOCH put the source's time, and a date from the environment, into each module."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

os.environ["TZ"] = "UTC"


class BuildExt(build_ext):
    def build_extension(self, ext):
        number = self.extensions.index(ext)
        os.utime("timestamp.c", (1000000000, 1000000000 + 86400 * number))
        os.environ["SOURCE_DATE_EPOCH"] = str(1100000000 + 86400 * number)
        super().build_extension(ext)
        os.utime("timestamp.c", (1300000000, 1300000000))
        del os.environ["SOURCE_DATE_EPOCH"]


setup(
    name="time-of-source-inside",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension(name, ["timestamp.c"], define_macros=[("MODULE", name)], extra_compile_args=["-Wno-date-time"]) for name in ("one", "two", "three")
    ],
)
