"""A child builds an extension and prints more than a pipe holds; its parent looks for what it makes before it reads."""

import os
import subprocess
import sys
import time

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        print("x" * 200000)


def made():
    return any(name.endswith(".o") for folder in os.walk("of-child") for name in folder[2])


if os.environ.get("IN_CHILD"):
    setup(
        name="of-child",
        version="1.0",
        cmdclass={"build_ext": BuildExt},
        ext_modules=[Extension("p%d.a" % number, ["a.c"], define_macros=[("N", number)]) for number in range(3)],
    )
else:
    command = [sys.executable, "setup.py", "build_ext", "-t", "of-child", "-b", "of-child"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ, IN_CHILD="1"))
    for _ in range(100):
        made()
        time.sleep(0.01)
    text = child.communicate()[0].decode()
    print(text.replace("x" * 200000, "long"), child.returncode, made())
    sys.stdout.flush()
    setup(name="child-prints-into-pipe", version="1.0", ext_modules=[Extension("a", ["a.c"])])
