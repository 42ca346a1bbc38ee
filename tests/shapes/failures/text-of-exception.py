"""The text of the exception, that of its cause and context, and its arguments are written beside the modules."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        try:
            super().build_extension(ext)
        except Exception as error:
            with open("error-%s.txt" % ext.name, "w") as file:
                while error:
                    file.write("%s: %s (%d)\n" % (type(error).__name__, error, len(error.args)))
                    error = error.__cause__ or error.__context__


setup(
    name="text-of-exception",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension("broken", ["broken.c"]),
        Extension("missing", ["no-such-source.c"]),
        Extension("unlinked", ["unlinked.c"], extra_link_args=["-Wl,-z,defs"]),
        Extension("a", ["a.c"]),
    ],
)
