"""A number in a `threading.local` says how many modules this thread has built; a second thread builds two of them."""

import threading

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

local = threading.local()


class BuildExt(build_ext):
    def build_extensions(self):
        thread = threading.Thread(target=self.build_some, args=(self.extensions[:2],))
        thread.start()
        thread.join()
        self.build_some(self.extensions[2:])

    def build_some(self, extensions):
        for ext in extensions:
            self.build_extension(ext)

    def build_extension(self, ext):
        local.number = getattr(local, "number", 100) + 1
        ext.define_macros.append(("VALUE", str(local.number)))
        super().build_extension(ext)


setup(
    name="thread-local",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abcd"],
)
