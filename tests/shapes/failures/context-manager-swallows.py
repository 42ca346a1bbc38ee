"""A context manager's `__exit__` returns True for failures and counts them; the body's last line is then not reached."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class Tolerant:
    failures = []

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None:
            self.failures.append(kind.__name__)
        return True


class BuildExt(build_ext):
    def build_extension(self, ext):
        ext.define_macros.append(("VALUE", str(len(Tolerant.failures))))
        with Tolerant():
            super().build_extension(ext)
            print("reached after", ext.name)


setup(
    name="context-manager-swallows",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
print(Tolerant.failures)
