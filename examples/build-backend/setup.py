"""Two modules from one source: the case that `build -j` gets wrong, made right without the command `ambidex`."""

import ambidex
from setuptools import Extension, setup

# Without more than this, `python setup.py build -j2` is right. `ambidex.enable()` at the top of the file does the
# same, also for what else a setup.py compiles.
setup(
    cmdclass={"build_ext": ambidex.build_ext},
    ext_modules=[
        Extension("twelve", ["value.c"], define_macros=[("INIT", "PyInit_twelve"), ("VALUE", "12")]),
        Extension("forty_two", ["value.c"], define_macros=[("INIT", "PyInit_forty_two"), ("VALUE", "42")]),
    ],
)
