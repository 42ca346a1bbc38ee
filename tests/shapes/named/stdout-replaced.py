"""`sys.stdout` is a StringIO while a module is built, and its text is printed in capitals afterwards."""

import io
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        real, sys.stdout = sys.stdout, io.StringIO()
        try:
            print("inside", ext.name)
            super().build_extension(ext)
            print("done", ext.name)
            text = sys.stdout.getvalue()
        finally:
            sys.stdout = real
        print(text.upper().splitlines()[0], text.upper().splitlines()[-1])
        ext.define_macros.append(("VALUE", str(len(text))))


setup(
    name="stdout-replaced",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
