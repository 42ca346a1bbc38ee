# exit code: 1
"""Extensions get an attribute when they are built; a report in `finally` around `setup()` prints which have it."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        ext.is_built = True


extensions = [Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))]
try:
    setup(name="mark-after-build", version="1.0", cmdclass={"build_ext": BuildExt}, ext_modules=extensions)
finally:
    print([(ext.name, hasattr(ext, "is_built")) for ext in extensions])
