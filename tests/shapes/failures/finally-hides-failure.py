"""A `return` in a `finally` block swallows the failure of the broken extension without any `except`."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    done = "nothing"

    def build_extension(self, ext):
        ext.define_macros.append(("TEXT", '"%s"' % self.done))
        result = "failed"
        try:
            super().build_extension(ext)
            result = "built"
        finally:
            self.done = "%s %s" % (result, ext.name)
            print(self.done)
            return self.done


setup(
    name="finally-hides-failure",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
