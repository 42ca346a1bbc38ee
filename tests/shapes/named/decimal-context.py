"""The precision of the decimal context grows with each module; the module's text is a third at that precision."""

import decimal

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

decimal.getcontext().prec = 3


class BuildExt(build_ext):
    def build_extension(self, ext):
        third = decimal.Decimal(1) / decimal.Decimal(3)
        ext.define_macros.append(("TEXT", '"%s"' % third))
        super().build_extension(ext)
        decimal.getcontext().prec += 2


setup(
    name="decimal-context",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
print(decimal.Decimal(1) / decimal.Decimal(7))
