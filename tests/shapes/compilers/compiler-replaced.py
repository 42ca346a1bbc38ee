"""`self.compiler` is a deep copy with other flags for one extension, a new compiler for the next, and the first one again."""

import copy

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from distutils.ccompiler import new_compiler
from distutils.sysconfig import customize_compiler


class BuildExt(build_ext):
    def build_extension(self, ext):
        first = self.compiler
        if ext.name == "b":
            self.compiler = copy.deepcopy(first)
            self.compiler.compiler_so.append("-DVALUE=2")
        elif ext.name == "c":
            self.compiler = new_compiler(force=1)
            customize_compiler(self.compiler)
            self.compiler.set_include_dirs(first.include_dirs)
        super().build_extension(ext)
        print(ext.name, self.compiler is first, self.compiler.compiler_so[-1])
        self.compiler = first


setup(
    name="compiler-replaced",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abcd"],
)
