"""The `else` of a `try` writes a file for each module built, the `except` another one."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        try:
            super().build_extension(ext)
        except Exception:
            word = "failed"
        else:
            word = "built"
        with open("%s-%s.txt" % (word, ext.name), "w") as file:
            file.write(word)


setup(
    name="else-branch",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension("a", ["a.c"]),
        Extension("broken", ["broken.c"]),
        Extension("unlinked", ["unlinked.c"], extra_link_args=["-Wl,-z,defs"]),
        Extension("c", ["c.c"]),
    ],
)
