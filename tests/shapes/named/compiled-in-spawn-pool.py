"""The common object is compiled by a live worker of a "spawn" pool, and linked as an extra object by the parent."""

import multiprocessing

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def compile_one(value):
    from distutils.ccompiler import new_compiler

    compiler = new_compiler()
    return compiler.compile(["common.c"], output_dir="objects/%d" % value, macros=[("VAL", str(value))], extra_postargs=["-fPIC"])


class BuildExt(build_ext):
    def build_extension(self, ext):
        ext.extra_objects = pool.apply(compile_one, (ord(ext.name),))
        super().build_extension(ext)


if __name__ == "__main__":
    pool = multiprocessing.get_context("spawn").Pool(1)
    setup(
        name="compiled-in-spawn-pool",
        version="1.0",
        cmdclass={"build_ext": BuildExt},
        ext_modules=[Extension(name, [name + ".c"], define_macros=[("CALLS", "common_value")]) for name in "ab"],
    )
    pool.close()
    pool.join()
