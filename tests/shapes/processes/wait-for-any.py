"""`os.wait` and `os.waitpid(-1, ...)` ask for any ended child; without own children both say that there is none."""

import os
import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        for function in (os.wait, lambda: os.waitpid(-1, os.WNOHANG)):
            try:
                print(ext.name, "a child ended:", function()[1])
            except ChildProcessError:
                print(ext.name, "no child")
        child = subprocess.Popen(["sh", "-c", "exit 2"])
        number, status = os.wait()
        print(number == child.pid, os.WEXITSTATUS(status))
        child.returncode = 2


setup(
    name="wait-for-any",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
