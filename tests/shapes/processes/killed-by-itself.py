# exit code: 137
"""The process kills itself by SIGKILL after the second module; a shell that started it goes on and exits with 137."""

import os
import signal
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        if ext.name == "b":
            sys.stdout.flush()
            os.kill(os.getpid(), signal.SIGKILL)


if "INNER" not in os.environ:
    inner = subprocess.call([sys.executable] + sys.argv, env=dict(os.environ, INNER="1"))
    sys.exit(128 - inner)

setup(
    name="killed-by-itself",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
