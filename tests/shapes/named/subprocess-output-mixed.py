"""Programs started by subprocess print between the compiler's warnings; one inherits stdout, one goes through a pipe."""

import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        subprocess.call(["echo", "inherited", ext.name])
        super().build_extension(ext)
        output = subprocess.check_output(["echo", "piped", ext.name])
        sys.stdout.flush()
        sys.stdout.buffer.write(output)
        sys.stdout.buffer.flush()


setup(
    name="subprocess-output-mixed",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["warning.c"], define_macros=[("MODULE", name)]) for name in ("one", "two")],
)
