"""`-MMD -MF` writes a dependency file, which Python parses at once into the list of headers of the module."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        ext.extra_compile_args = ["-MMD", "-MF", "headers.d"]
        super().build_extension(ext)
        with open("headers.d") as file:
            words = file.read().replace("\\\n", " ").split()
        local = sorted(word for word in words if word in ("module.h", "helper.h", "optional.h"))
        print(ext.name, local)
        with open("optional.h", "w") as file:
            file.write("#define VALUE 1\n")


setup(
    name="dependency-file",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension("a", ["a.c"], define_macros=[("HEADER", '"helper.h"')]),
        Extension("one", ["optional.c"], define_macros=[("MODULE", "one")]),
        Extension("c", ["c.c"]),
    ],
)
