# differs: text: plain setuptools prints it in no certain order
"""A process started first waits until the first module exists, copies it and ends; the setup.py waits for it in between."""

import subprocess

waiter = subprocess.Popen(
    ["sh", "-c", "until test -s first-is-there; do sleep 0.01; done; cp build/lib*/a.*.so copied.bin; echo copied"]
)

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        if ext.name == "a":
            with open("first-is-there", "w") as file:
                file.write("yes")
        if ext.name == "b":
            print("waited", waiter.wait())


setup(
    name="daemon-waits-for-module",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
