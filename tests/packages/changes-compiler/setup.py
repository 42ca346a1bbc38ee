"""`build_extension` changes the compiler's own command line and puts it back."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class ChangingBuildExt(build_ext):
    def build_extension(self, ext):
        saved = list(self.compiler.compiler_so)
        build_temp = self.build_temp
        try:
            self.compiler.compiler_so = saved + ["-DNAME={}".format(ext.name)]
            if ext.name == "middle":
                self.compiler.compiler_so.remove("-DNDEBUG")
                self.build_temp = self.build_temp + "/of-middle"
            build_ext.build_extension(self, ext)
        finally:
            self.compiler.compiler_so = saved
            self.build_temp = build_temp


setup(
    name="changes-compiler",
    version="1.0",
    cmdclass={"build_ext": ChangingBuildExt},
    ext_modules=[Extension(name, ["value.c"]) for name in ("first", "middle", "last")],
)
