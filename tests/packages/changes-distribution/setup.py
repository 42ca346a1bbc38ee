"""`build_extension` appends to a list of the distribution before and after it builds, and looks at it in between."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class NotingBuildExt(build_ext):
    def run(self):
        self.distribution.notes = []
        build_ext.run(self)
        with open("notes.txt", "w") as file:
            file.write("{}\n".format(" ".join(self.distribution.notes)))

    def build_extension(self, ext):
        self.distribution.notes.append("before-" + ext.name)
        ext.define_macros = [("NAME", ext.name), ("VAL", str(len(self.distribution.notes)))]
        build_ext.build_extension(self, ext)
        self.distribution.notes.append("after-" + ext.name)


setup(
    name="changes-distribution",
    version="1.0",
    cmdclass={"build_ext": NotingBuildExt},
    ext_modules=[
        Extension(name, [source])
        for name, source in (("ant", "slow.c"), ("bee", "fast.c"), ("cow", "slow.c"), ("dog", "fast.c"))
    ],
)
