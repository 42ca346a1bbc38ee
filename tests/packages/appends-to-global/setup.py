"""`build_extension` appends to a list of the module before and after it builds, and looks at it in between."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

STARTED = []
BUILT = []


class ListingBuildExt(build_ext):
    def build_extension(self, ext):
        ext.define_macros.append(("VAL", str(100 * len(BUILT) + len(STARTED))))
        STARTED.append(ext.name)
        build_ext.build_extension(self, ext)
        BUILT.append(ext.name)

    def run(self):
        build_ext.run(self)
        with open("built.txt", "w") as file:
            file.write("{}\n{}\n".format(" ".join(STARTED), " ".join(BUILT)))


setup(
    name="appends-to-global",
    version="1.0",
    cmdclass={"build_ext": ListingBuildExt},
    ext_modules=[
        Extension(name, [source], define_macros=[("NAME", name)])
        for name, source in (("ant", "slow.c"), ("bee", "fast.c"), ("cow", "slow.c"), ("dog", "fast.c"))
    ],
)
