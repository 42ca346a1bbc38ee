"""A module that was built is replaced by a Python file when another one fails, and its folder is closed to writing."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        try:
            super().build_extension(ext)
        except Exception:
            built = self.get_ext_fullpath("a")
            size = os.path.getsize(built)
            os.unlink(built)
            with open(os.path.join(self.build_lib, "a.py"), "w") as file:
                file.write("SIZE = %d\n" % size)
            os.mkdir(os.path.join(self.build_lib, "closed"))
            os.chmod(os.path.join(self.build_lib, "closed"), 0o555)


setup(
    name="module-replaced-by-python",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in ("a", "b", "broken", "c")],
)
