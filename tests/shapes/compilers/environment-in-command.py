"""The words of the compiler's command begin with `env NAME=value`, another one for each extension."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        command = list(self.compiler.compiler_so)
        self.compiler.set_executable("compiler_so", ["env", "CPATH=headers/" + ext.name] + command)
        self.mkpath("headers/" + ext.name)
        with open("headers/%s/optional.h" % ext.name, "w") as file:
            file.write("#define VALUE %d\n" % ord(ext.name[-1]))
        super().build_extension(ext)
        self.compiler.set_executable("compiler_so", command)


setup(
    name="environment-in-command",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, ["value.c"], define_macros=[("MODULE", name), ("HEADER", "<optional.h>")]) for name in ("one", "two")],
)
