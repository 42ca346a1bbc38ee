"""A log is gathered in an `io.StringIO` on the command and written to a file at the end of `run`."""

import io
import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def run(self):
        self.log = io.StringIO()
        super().run()
        with open("build/log.txt", "w") as file:
            file.write(self.log.getvalue())

    def build_extension(self, ext):
        ext.define_macros.append(("VALUE", str(self.log.tell())))
        self.log.write("begin %s\n" % ext.name)
        super().build_extension(ext)
        self.log.write("end %s %s\n" % (ext.name, os.path.exists(self.get_ext_fullpath(ext.name))))


setup(
    name="stringio-on-self",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
