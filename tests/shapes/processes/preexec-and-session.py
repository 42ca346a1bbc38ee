"""A program is started after each module with `preexec_fn`, in a new session and another folder, and reads the module."""

import os
import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        folder, name = os.path.split(self.get_ext_fullpath(ext.name))
        output = subprocess.check_output(
            ["sh", "-c", "umask; head -c 4 $0 | od -c", name],
            cwd=folder,
            preexec_fn=lambda: os.umask(0o027),
            start_new_session=True,
        )
        print(ext.name, output.decode().split())


setup(
    name="preexec-and-session",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
