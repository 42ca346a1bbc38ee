"""`-o` stands twice in the command, as an extra argument names another object, which Python moves to the right place."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extensions(self):
        original = self.compiler._compile

        def _compile(obj, src, ext, cc_args, extra_postargs, pp_opts):
            original(obj, src, ext, cc_args, extra_postargs + ["-o", "elsewhere.o"], pp_opts)
            os.rename("elsewhere.o", obj)

        self.compiler._compile = _compile
        super().build_extensions()


setup(
    name="second-output-option",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
