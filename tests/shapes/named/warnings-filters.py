"""Warnings are turned into errors while one module is built and recorded while another one is."""

import warnings

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        if ext.name == "b":
            warnings.filterwarnings("error", category=UserWarning)
        try:
            warnings.warn("about " + ext.name, UserWarning)
            value = len(warnings.filters) > 0
        except UserWarning:
            value = 2
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            ext.define_macros.append(("VALUE", str(int(value))))
            super().build_extension(ext)
            warnings.warn("inside")
        print(ext.name, [str(item.message) for item in caught if str(item.message) == "inside"])


setup(
    name="warnings-filters",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
