# imports: a b d
"""`build_ext.finalize_options` calls `cythonize`."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def finalize_options(self):
        from Cython.Build.Dependencies import cythonize

        self.distribution.ext_modules[:] = cythonize(
            self.distribution.ext_modules, force=self.force, compiler_directives={"language_level": 3}
        )
        super().finalize_options()


setup(
    name="in-finalize-options",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".pyx"]) for name in "abd"],
)
