"""`compile` is replaced by one that starts compilers in threads, in the style of pybind11's `ParallelCompile`."""

import multiprocessing.pool

from setuptools import Extension, setup

# setuptools has to be imported first: it may bring distutils with it.
import distutils.ccompiler


def threaded_compile(
    self,
    sources,
    output_dir=None,
    macros=None,
    include_dirs=None,
    debug=0,
    extra_preargs=None,
    extra_postargs=None,
    depends=None,
):
    macros, objects, extra_postargs, pp_opts, build = self._setup_compile(
        output_dir, macros, include_dirs, sources, depends, extra_postargs
    )
    cc_args = self._get_cc_args(pp_opts, debug, extra_preargs)

    def compile_one(obj):
        src, ext = build[obj]
        self._compile(obj, src, ext, cc_args, extra_postargs, pp_opts)

    pool = multiprocessing.pool.ThreadPool(3)
    try:
        pool.map(compile_one, sorted(objects))
    finally:
        pool.close()
        pool.join()
    return objects


distutils.ccompiler.CCompiler.compile = threaded_compile

setup(
    name="threaded-compile",
    version="1.0",
    ext_modules=[
        Extension("one", ["a.c", "b.c", "c.c", "d.c"], define_macros=[("VAL", "1")]),
        Extension("two", ["a.c", "b.c", "c.c", "d.c"], define_macros=[("VAL", "2")]),
    ],
)
