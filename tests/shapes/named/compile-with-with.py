"""The wrapped `_compile` runs the original inside a `with` that appends what it compiled, and how long the list was."""

import contextlib

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extensions(self):
        done = []
        original = self.compiler._compile

        @contextlib.contextmanager
        def noted(name):
            done.append("begin " + name)
            yield len(done)
            done.append("end " + name)

        def _compile(obj, src, ext, cc_args, extra_postargs, pp_opts):
            with noted(src) as number:
                original(obj, src, ext, cc_args, extra_postargs, pp_opts + ["-DVALUE=%d" % number])

        self.compiler._compile = _compile
        super().build_extensions()
        print(done)


setup(
    name="compile-with-with",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c", "common.c"]) for name in "abc"],
)
