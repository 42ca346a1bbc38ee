"""The broken extension is built in a thread of its own, whose exception ends only the thread."""

import threading

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        done = []

        def work():
            try:
                build_ext.build_extension(self, ext)
                done.append("built")
            except Exception as error:
                done.append(type(error).__name__)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        print(ext.name, done)


setup(
    name="failure-in-thread",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
