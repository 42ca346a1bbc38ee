"""An extension of more sources than are told to the engine at once; two of the objects can't be replaced, since links
stand at their places, so Python compiles these itself, in their turn."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

COUNT = 40
os.makedirs("parts", exist_ok=True)
os.makedirs(os.path.join("build", "objects", "parts"), exist_ok=True)
for part in range(COUNT):
    with open("parts/part{}.c".format(part), "w") as source:
        source.write("int part{0}(void) {{ return {0}; }}\n".format(part))
for part in (17, 36):
    place = "build/objects/parts/part{}.o".format(part)
    if not os.path.islink(place):
        os.symlink("../../linked{}.o".format(part), place)


class PlacedBuildExt(build_ext):
    def finalize_options(self):
        build_ext.finalize_options(self)
        self.build_temp = os.path.join("build", "objects")


setup(
    name="many-sources",
    version="1",
    ext_modules=[
        Extension("many", ["many.c"] + ["parts/part{}.c".format(part) for part in range(COUNT)]),
        Extension("few", ["many.c"], define_macros=[("FEW", None)]),
    ],
    cmdclass={"build_ext": PlacedBuildExt},
)
