"""`build_extension` appends to a list of the command, and looks at what others have appended."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class ListingBuildExt(build_ext):
    def initialize_options(self):
        build_ext.initialize_options(self)
        self.built = []

    def build_extension(self, ext):
        ext.define_macros = [("NAME", ext.name), ("VAL", str(len(self.built)))]
        build_ext.build_extension(self, ext)
        self.built.append(ext.name)

    def run(self):
        build_ext.run(self)
        with open("built.txt", "w") as file:
            file.write("{}\n".format(" ".join(self.built)))


setup(
    name="appends-to-list",
    version="1.0",
    cmdclass={"build_ext": ListingBuildExt},
    ext_modules=[
        Extension(name, [source])
        for name, source in (("ant", "slow.c"), ("bee", "fast.c"), ("cow", "slow.c"), ("dog", "fast.c"))
    ],
)
