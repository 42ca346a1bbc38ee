"""Between two extensions, another setup.py in a folder is run by a new interpreter; its module is copied into this build."""

import os
import shutil
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

INNER = """
from setuptools import Extension, setup
setup(name="inner", version="1.0", ext_modules=[Extension("inner", ["value.c"], define_macros=[("MODULE", "inner")])])
"""


class BuildExt(build_ext):
    def build_extension(self, ext):
        if ext.name == "b":
            os.mkdir("inner")
            shutil.copy("value.c", "inner")
            shutil.copy("module.h", "inner")
            with open("inner/inner-setup.py", "w") as file:
                file.write(INNER)
            sys.stdout.flush()
            subprocess.check_call([sys.executable, "inner-setup.py", "build_ext", "--build-lib", "built"], cwd="inner")
            for name in os.listdir("inner/built"):
                shutil.copy("inner/built/" + name, self.build_lib)
        super().build_extension(ext)


setup(
    name="nested-setup",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
