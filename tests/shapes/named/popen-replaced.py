"""`subprocess.Popen` is replaced by a class that adds a macro to each compilation."""

import subprocess

from setuptools import Extension, setup


class Popen(subprocess.Popen):
    number = 0

    def __init__(self, command, *args, **kwargs):
        if isinstance(command, list) and "-c" in command:
            Popen.number += 1
            command = command + ["-DVALUE=%d" % Popen.number]
        super().__init__(command, *args, **kwargs)


subprocess.Popen = Popen

setup(
    name="popen-replaced",
    version="1.0",
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
print(Popen.number)
