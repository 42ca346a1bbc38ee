"""The compiler's `_compile` is replaced, so that each file gets flags of its own."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class PerFileBuildExt(build_ext):
    def build_extensions(self):
        original = self.compiler._compile

        def _compile(obj, src, ext, cc_args, extra_postargs, pp_opts):
            if src.endswith("fast.c"):
                extra_postargs = list(extra_postargs) + ["-O1", "-DFAST"]
            return original(obj, src, ext, cc_args, extra_postargs, pp_opts)

        self.compiler._compile = _compile
        try:
            build_ext.build_extensions(self)
        finally:
            del self.compiler._compile


setup(
    name="flags-per-file",
    version="1.0",
    cmdclass={"build_ext": PerFileBuildExt},
    ext_modules=[
        Extension("one", ["slow.c", "fast.c"], define_macros=[("VAL", "1")]),
        Extension("two", ["slow.c", "fast.c"], define_macros=[("VAL", "2")]),
    ],
)
