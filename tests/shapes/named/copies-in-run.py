"""`run` copies each built module into the source tree, as an installation would, with modes and times of its own."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def run(self):
        super().run()
        for path in self.get_outputs():
            self.mkpath("installed")
            target, copied = self.copy_file(path, "installed", preserve_times=0)
            os.chmod(target, 0o700)
            print(os.path.basename(str(target)), bool(copied))


setup(
    name="copies-in-run",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
