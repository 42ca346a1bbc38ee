"""`run` writes headers, calls the base `run`, and then writes the modules' sizes beside them."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def run(self):
        for ext in self.extensions:
            with open(ext.name + "-made.h", "w") as file:
                file.write("#define VALUE %d\n" % ord(ext.name))
            ext.define_macros.append(("HEADER", '"%s-made.h"' % ext.name))
        super().run()
        with open(os.path.join(self.build_lib, "sizes.txt"), "w") as file:
            for path in self.get_outputs():
                file.write("%s %d\n" % (path, os.path.getsize(path)))


setup(
    name="run-ends-in-super",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
