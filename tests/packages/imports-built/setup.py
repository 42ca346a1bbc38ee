"""Modules are imported as soon as they are built, and what they say becomes the source of the next."""

import importlib.util
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class ImportingBuildExt(build_ext):
    def build_extension(self, ext):
        build_ext.build_extension(self, ext)
        if ext.name == "seed":
            spec = importlib.util.spec_from_file_location(ext.name, self.get_ext_fullpath(ext.name))
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            value = module.value
        elif ext.name == "sprout":
            sys.path.insert(0, self.build_lib)
            import sprout

            value = sprout.value
        else:
            return
        with open("generated.c", "w") as file:
            file.write("int generated(void) {{ return {}; }}\n".format(value * 10))


setup(
    name="imports-built",
    version="1.0",
    cmdclass={"build_ext": ImportingBuildExt},
    ext_modules=[
        Extension("seed", ["seed.c"], define_macros=[("NAME", "seed"), ("VAL", "4")]),
        Extension("sprout", ["seed.c", "generated.c"], define_macros=[("NAME", "sprout"), ("VAL", "generated()")]),
        Extension("tree", ["generated.c"]),
    ],
)
