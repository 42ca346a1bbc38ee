# exit code: 1
"""On failure the whole build folder is removed and a note is left; the error goes on."""

import shutil

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def run(self):
        try:
            super().run()
        except Exception:
            shutil.rmtree("build")
            with open("failed.txt", "w") as file:
                file.write("build removed\n")
            raise


setup(
    name="cleanup-on-failure",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
