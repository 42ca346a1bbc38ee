"""A daemon that was forked twice, of which Python knows nothing any more, is there while an extension fails and the build
falls back."""

import os
import time

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def start_daemon():
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    os.setsid()
    if os.fork() == 0:
        begun = time.time()
        while not os.path.exists("over") and time.time() < begun + 60:
            time.sleep(0.01)
    os._exit(0)


class BuildExt(build_ext):
    def build_extension(self, ext):
        if ext.name == "b":
            start_daemon()
        try:
            super().build_extension(ext)
            print("built", ext.name)
        except Exception as error:
            print("without", ext.name, type(error).__name__)


try:
    setup(
        name="daemon-is-there",
        version="1.0",
        cmdclass={"build_ext": BuildExt},
        ext_modules=[
            Extension("a", ["a.c"]),
            Extension("b", ["b.c"]),
            Extension("broken", ["broken.c"]),
            Extension("c", ["c.c"]),
        ],
    )
finally:
    with open("over", "w"):
        pass
