# exit code: 1
"""An old object and an old module lie at the paths of a compilation that fails, and of one that is never run."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extensions(self):
        for folder in (self.build_temp, self.build_lib):
            os.makedirs(folder)
        for name in ("a", "broken", "c"):
            for path in (os.path.join(self.build_temp, name + ".o"), self.get_ext_fullpath(name)):
                with open(path, "w") as file:
                    file.write("old\n")
                os.utime(path, (1000000000, 1000000000))
        super().build_extensions()


setup(
    name="old-object-in-place",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
