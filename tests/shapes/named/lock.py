"""A lock is taken without blocking before each module and given back after it; whether it was free goes into the module."""

import threading

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

lock = threading.Lock()


class BuildExt(build_ext):
    def build_extension(self, ext):
        free = lock.acquire(False)
        ext.define_macros.append(("VALUE", str(int(free))))
        super().build_extension(ext)
        if ext.name != "b":
            lock.release()


setup(
    name="lock",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
print("locked" if lock.locked() else "free")
