"""A thread is started before each build and prints when told to afterwards; another one prints while nothing is built."""

import threading

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        go = threading.Event()

        def speak():
            go.wait()
            print("thread of", ext.name, flush=True)

        thread = threading.Thread(target=speak)
        thread.start()
        super().build_extension(ext)
        go.set()
        thread.join()
        timer = threading.Timer(0.01, print, ["timer of", ext.name], {"flush": True})
        timer.start()
        timer.join()


setup(
    name="threads-print",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["warning.c"], define_macros=[("MODULE", name)]) for name in ("one", "two")],
)
