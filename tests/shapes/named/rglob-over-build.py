"""`rglob("*.so")` and `rglob("*.o")` count the outputs before and after each call; the counts go into the modules."""

from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def count():
    return len(list(Path("build").rglob("*.so"))) * 100 + len(list(Path("build").rglob("*.o")))


class BuildExt(build_ext):
    def build_extension(self, ext):
        ext.define_macros.append(("VALUE", str(count())))
        super().build_extension(ext)
        Path("count-%s.txt" % ext.name).write_text(str(count()))


setup(
    name="rglob-over-build",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c", "common.c"]) for name in "abc"],
)
