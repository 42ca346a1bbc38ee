# differs: terminal-two.txt: compilers write to a pipe that ambidex reads, and not to the terminal
# differs: terminal-one.txt: compilers write to a pipe that ambidex reads, and not to the terminal
"""Descriptor 2 is a pseudo terminal around the build, so that the compiler colours its warning; the text is kept."""

import os
import pty
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

os.environ["TERM"] = "xterm"


class BuildExt(build_ext):
    def build_extension(self, ext):
        sys.stderr.flush()
        ours, theirs = pty.openpty()
        saved = os.dup(2)
        os.dup2(theirs, 2)
        super().build_extension(ext)
        os.write(theirs, b"THE END\n")
        text = b""
        while b"THE END" not in text:
            text += os.read(ours, 10000)
        os.dup2(saved, 2)
        os.close(saved)
        with open("terminal-%s.txt" % ext.name, "wb") as file:
            file.write(text)


setup(
    name="on-a-terminal",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["warning.c"], define_macros=[("MODULE", name)]) for name in ("one", "two")],
)
