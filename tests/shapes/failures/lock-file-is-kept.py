"""A lock is held over several builds, given back by closing its file, and asked for again, by flock, fcntl and a child."""

import fcntl
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

CHILD = """
import fcntl, sys
with open(sys.argv[1], "a") as file:
    for take in (fcntl.flock, fcntl.lockf):
        try:
            take(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            sys.stdout.write("free ")
        except (IOError, OSError):
            sys.stdout.write("held ")
"""


def seen():
    sys.stdout.flush()
    subprocess.check_call([sys.executable, "-c", CHILD, "lock"])
    print()


class BuildExt(build_ext):
    def build_extensions(self):
        held = open("lock", "a")
        fcntl.flock(held, fcntl.LOCK_EX)
        self.several("ab")
        seen()
        self.several("x")
        held.close()
        self.several("c")
        with open("lock", "a") as held:
            fcntl.lockf(held, fcntl.LOCK_EX)
            self.several("xd")
            seen()
        with open("lock", "a") as held:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        seen()

    def several(self, names):
        for ext in self.extensions:
            if ext.name in names:
                try:
                    self.build_extension(ext)
                except Exception as error:
                    print(type(error).__name__)


sources = {"a": "a.c", "b": "b.c", "c": "c.c", "d": "d.c", "x": "broken.c"}
setup(
    name="lock-file-is-kept",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in sorted(sources.items())],
)
