"""`-save-temps` leaves texts in the working folder, whose assembler file is read after each module."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        names = {"a": ("value.s", "build/value.s", self.build_temp + "/value.s")}
        for name in names["a"]:
            try:
                with open(name) as file:
                    print(ext.name, "PyInit_" + ext.name in file.read())
            except FileNotFoundError:
                pass


setup(
    name="saved-temporaries",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["value.c"], define_macros=[("MODULE", name)], extra_compile_args=["-save-temps=cwd"]) for name in ("one", "two")],
)
