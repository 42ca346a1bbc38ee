"""A decorator wraps `compile` of the compiler's class and looks at the objects it returned before the link."""

import functools
import os

from setuptools import Extension, setup
from distutils.ccompiler import CCompiler


def measured(function):
    @functools.wraps(function)
    def wrapper(self, sources, *args, **kwargs):
        kwargs["macros"] = (kwargs.get("macros") or []) + [("VALUE", str(wrapper.size))]
        objects = function(self, sources, *args, **kwargs)
        wrapper.size += sum(os.path.getsize(name) for name in objects)
        return objects

    wrapper.size = 0
    return wrapper


CCompiler.compile = measured(CCompiler.compile)

setup(
    name="compile-replaced-by-decorator",
    version="1.0",
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
