"""An assembler listing has the same name for all extensions; Python appends each to one long file."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        with open("listing.txt") as file, open("all-listings.txt", "a") as target:
            target.writelines(line for line in file if "PyInit" in line)


setup(
    name="listing-of-assembler",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"], extra_compile_args=["-Wa,-al=listing.txt"]) for name in "abc"],
)
