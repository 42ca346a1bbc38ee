"""What was written to a named pipe is read again after the build of the next extension, and after a failure."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

os.mkfifo("pipe")
PIPE = os.open("pipe", os.O_RDWR | os.O_NONBLOCK)


class BuildExt(build_ext):
    def build_extension(self, ext):
        os.write(PIPE, (ext.name + " begins;").encode())
        try:
            super().build_extension(ext)
        except Exception as error:
            os.write(PIPE, (type(error).__name__ + ";").encode())
        if ext.name != "a":
            print(os.read(PIPE, 4096).decode())
        os.write(PIPE, (ext.name + " ends;").encode())


setup(
    name="named-pipe",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in ("a", "broken", "b", "c")],
)
os.close(PIPE)
os.unlink("pipe")
