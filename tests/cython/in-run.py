# always
# imports: a b d
"""`build_ext.run` calls `cythonize`, with all of `sys.path` for cimports, and with warnings as errors."""

import sys

from setuptools import Extension, setup
from distutils.command.build_ext import build_ext


class BuildExt(build_ext):
    def run(self):
        from Cython.Build import cythonize
        from Cython.Compiler import Options

        Options.warning_errors = True
        self.distribution.ext_modules[:] = cythonize(
            self.distribution.ext_modules, include_path=sys.path, compiler_directives={"language_level": 3}
        )
        print([ext.sources for ext in self.extensions])
        super().run()


setup(
    name="in-run",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".pyx"]) for name in "abd"],
)
