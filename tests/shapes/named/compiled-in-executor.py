"""A ProcessPoolExecutor of one process compiles the objects; the parent archives and links them meanwhile."""

import sys
from concurrent.futures import ProcessPoolExecutor

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def compile_one(compiler, value):
    return compiler.compile(["common.c"], output_dir="objects/%d" % value, macros=[("VAL", str(value))])


class BuildExt(build_ext):
    def build_extensions(self):
        sys.stdout.flush()
        with ProcessPoolExecutor(1) as pool:
            for number, ext in enumerate(self.extensions):
                objects = pool.submit(compile_one, self.compiler, number).result()
                self.compiler.create_static_lib(objects, "common%d" % number, output_dir="build")
                ext.extra_objects = ["build/libcommon%d.a" % number]
                self.build_extension(ext)


if __name__ == "__main__":
    setup(
        name="compiled-in-executor",
        version="1.0",
        cmdclass={"build_ext": BuildExt},
        ext_modules=[Extension(name, [name + ".c"], define_macros=[("CALLS", "common_value")]) for name in "ab"],
    )
