"""A thread that waits for the first failure writes a file and starts a command then, while the build goes on."""

import subprocess
import threading

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

FAILED = threading.Event()


def wait():
    FAILED.wait()
    with open("thread.txt", "a") as file:
        file.write("the first failure was seen\n")
    subprocess.check_call("ls build/temp*/*.o > objects.txt", shell=True)


THREAD = threading.Thread(target=wait)


class BuildExt(build_ext):
    def build_extension(self, ext):
        if not THREAD.ident:
            THREAD.start()
        try:
            super().build_extension(ext)
        except Exception:
            FAILED.set()
            THREAD.join()


setup(
    name="exception-in-thread-later",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in ("a", "broken", "b", "c")],
)
