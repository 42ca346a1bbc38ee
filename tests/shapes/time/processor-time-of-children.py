# differs: text: the compilers are not children of Python
"""The processor time of ended children grows with each module, as `resource` and `os.times` tell."""

import os
import resource

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def used():
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime, usage.ru_minflt


class BuildExt(build_ext):
    def build_extension(self, ext):
        before = used()
        super().build_extension(ext)
        after = used()
        print(ext.name, after[0] > before[0], after[1] > before[1], os.times().children_user > 0)


setup(
    name="processor-time-of-children",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
