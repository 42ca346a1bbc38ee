"""The first module is built for profiling, run in a process of its own, and built again with the profile it wrote."""

import os
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        ext.extra_compile_args = ext.extra_link_args = ["-fprofile-generate", "-fprofile-update=atomic"]
        super().build_extension(ext)
        code = "import ctypes; library = ctypes.CDLL('./' + %r); print(library.number())" % self.get_ext_fullpath(ext.name)
        subprocess.check_call([sys.executable, "-c", code])
        profiles = [name for name in sorted(os.listdir(self.build_temp)) if name.endswith(".gcda")]
        print(profiles)
        self.compiler.force = True
        ext.extra_compile_args = ["-fprofile-use", "-Wno-coverage-mismatch"]
        super().build_extension(ext)
        for name in profiles:
            os.remove(os.path.join(self.build_temp, name))


setup(
    name="profile-of-first-run",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension("a", ["a.c"]), Extension("b", ["b.c"])],
)
