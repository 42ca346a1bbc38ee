"""Words are appended to and popped from the list `compiler_so` itself around each call."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        self.compiler.compiler_so += ["-DVALUE=%d" % ord(ext.name)]
        self.compiler.linker_so.insert(1, "-Wl,-soname,%s.so" % ext.name)
        super().build_extension(ext)
        self.compiler.compiler_so.pop()
        del self.compiler.linker_so[1]


setup(
    name="list-mutated-in-place",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
