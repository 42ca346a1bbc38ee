"""The compiler is a script that kills itself by a signal for one source; the text of the error tells the signal."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

with open("wrapper.sh", "w") as file:
    file.write('#!/bin/sh\ncase " $* " in *" b.c "*) kill -TERM $$;; esac\nexec gcc "$@"\n')
os.chmod("wrapper.sh", 0o755)
os.environ["CC"] = "./wrapper.sh"


class BuildExt(build_ext):
    def build_extension(self, ext):
        try:
            super().build_extension(ext)
        except Exception as error:
            print(ext.name, type(error).__name__, error)


setup(
    name="wrapper-killed",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
