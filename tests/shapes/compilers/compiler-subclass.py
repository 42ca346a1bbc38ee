"""A subclass of UnixCCompiler becomes the build's compiler; its `_compile` and `link` leave notes beside their results."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from distutils.unixccompiler import UnixCCompiler


class NotingCompiler(UnixCCompiler):
    def _compile(self, obj, src, ext, cc_args, extra_postargs, pp_opts):
        super()._compile(obj, src, ext, cc_args, extra_postargs, pp_opts)
        with open(obj + ".size", "w") as file:
            file.write(str(os.path.getsize(obj)))

    def link(self, target_desc, objects, output_filename, *args, **kwargs):
        super().link(target_desc, objects, output_filename, *args, **kwargs)
        print(target_desc, os.path.basename(output_filename).split(".")[0], os.path.getsize(output_filename) > 1000)


class BuildExt(build_ext):
    def build_extensions(self):
        self.compiler.__class__ = NotingCompiler
        super().build_extensions()


setup(
    name="compiler-subclass",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c", "common.c"]) for name in "ab"],
)
