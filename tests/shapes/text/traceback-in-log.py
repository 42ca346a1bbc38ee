"""A failure that the project catches is written with its traceback: to a log, to standard error, and as a stack."""

import logging
import re
import sys
import traceback

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

logging.basicConfig(filename="failures.log", format="%(message)s")


def named(text):
    """Without the numbers of lines, and without the marks below code, which depend on the Python."""
    lines = [re.sub(r"line \d+", "line", line) for line in text.splitlines()]
    return "\n".join(line for line in lines if line.strip("^~ "))


class BuildExt(build_ext):
    def build_extension(self, ext):
        try:
            super().build_extension(ext)
        except Exception:
            logging.exception("no %s", ext.name)
            print(named(traceback.format_exc()))
            traceback.print_exc(file=sys.stderr)
            print(len(traceback.extract_tb(sys.exc_info()[2])))
        print(named("".join(traceback.format_stack())), len(traceback.extract_stack()))


setup(
    name="traceback-in-log",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in ("a", "broken", "b")],
)
