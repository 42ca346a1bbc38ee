"""A watching thread checks every few milliseconds that no module appears before the previous one's text file does."""

import os
import threading

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

early = set()
stop = threading.Event()


def watch(pairs):
    while not stop.wait(0.002):
        for module, text in pairs:
            if os.path.exists(module) and not os.path.exists(text):
                early.add(os.path.basename(module).split(".")[0])


class BuildExt(build_ext):
    def build_extensions(self):
        names = [ext.name for ext in self.extensions]
        pairs = [(self.get_ext_fullpath(name), before + ".txt") for before, name in zip(names, names[1:])]
        thread = threading.Thread(target=watch, args=(pairs,))
        thread.start()
        super().build_extensions()
        stop.set()
        thread.join()
        print("too early:", sorted(early))

    def build_extension(self, ext):
        super().build_extension(ext)
        with open(ext.name + ".txt", "w") as file:
            file.write("done")


setup(
    name="deadline-by-thread",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
