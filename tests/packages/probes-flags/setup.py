"""Flags are probed for with small compilations before the build, in the style of pybind11's `has_flag`."""

import os
import tempfile

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# setuptools has to be imported first: it may bring distutils with it.
from distutils.errors import CompileError, LinkError


def has_flag(compiler, flag):
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, "flag.c")
        with open(name, "w") as file:
            file.write("int main(void) { return 0; }\n")
        try:
            compiler.compile([name], output_dir=folder, extra_postargs=[flag])
        except CompileError:
            return False
    return True


def has_function(compiler, function):
    with tempfile.TemporaryDirectory() as folder:
        name = os.path.join(folder, "function.c")
        with open(name, "w") as file:
            file.write("char {0}(void);\nint main(void) {{ {0}(); return 0; }}\n".format(function))
        try:
            objects = compiler.compile([name], output_dir="/")
            compiler.link_executable(objects, os.path.join(folder, "function"))
        except (CompileError, LinkError):
            return False
        return os.path.exists(os.path.join(folder, "function"))


class ProbingBuildExt(build_ext):
    def build_extensions(self):
        flags = ["-fno-such-flag-anywhere", "-std=gnu11", "-fvisibility=hidden"]
        flags = [flag for flag in flags if has_flag(self.compiler, flag)]
        functions = ["getpid", "no_such_function_anywhere"]
        functions = [name for name in functions if has_function(self.compiler, name)]
        print("flags:", flags, "functions:", functions)
        for ext in self.extensions:
            ext.extra_compile_args += flags
            ext.define_macros += [("HAVE_" + name.upper(), "1") for name in functions]
        build_ext.build_extensions(self)

    def build_extension(self, ext):
        # Some ask again for each extension.
        if has_flag(self.compiler, "-fno-plt"):
            ext.extra_compile_args.append("-fno-plt")
        build_ext.build_extension(self, ext)


setup(
    name="probes-flags",
    version="1.0",
    cmdclass={"build_ext": ProbingBuildExt},
    ext_modules=[
        Extension("one", ["one.c", "common.c"], extra_compile_args=["-DVAL=1"]),
        Extension("two", ["two.c", "common.c"], extra_compile_args=["-DVAL=2"]),
    ],
)
