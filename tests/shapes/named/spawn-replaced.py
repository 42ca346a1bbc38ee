"""`spawn` of distutils is replaced in each module that holds the name, by one that adds a macro to compilations."""

import sys

from setuptools import Extension, setup
import distutils.spawn
import distutils.ccompiler
from distutils.ccompiler import CCompiler

original = distutils.spawn.spawn
numbers = iter(range(10, 100))


def spawn(command, *args, **kwargs):
    command = list(command)
    if "-c" in command:
        command.append("-DVALUE=%d" % next(numbers))
    return original(command, *args, **kwargs)


distutils.spawn.spawn = spawn
for module in (distutils.ccompiler, sys.modules[CCompiler.__module__]):
    if hasattr(module, "spawn"):
        module.spawn = spawn

setup(
    name="spawn-replaced",
    version="1.0",
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
