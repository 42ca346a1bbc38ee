# exit code: 1
"""A generator yields the extensions; when one fails the generator is closed and its `finally` says how far it came."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def each(extensions):
    number = 0
    try:
        for number, ext in enumerate(extensions):
            ext.define_macros.append(("VALUE", str(number)))
            yield ext
            print("came back after", ext.name)
    except GeneratorExit:
        print("closed")
        raise
    finally:
        with open("how-far.txt", "w") as file:
            file.write(str(number))


class BuildExt(build_ext):
    def build_extensions(self):
        generator = each(self.extensions)
        try:
            for ext in generator:
                self.build_extension(ext)
        finally:
            generator.close()


setup(
    name="generator-closed",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
