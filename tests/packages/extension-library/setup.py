"""A library that is built among the extensions (`setuptools.extension.Library`) and linked into one of them."""

import os
import sysconfig

from setuptools import Extension, setup
from setuptools.extension import Library

# setuptools names the library like a module (libhelper.cpython-311-x86_64-linux-gnu.a); setup.cfg says where it is.
module_suffix = os.path.splitext(sysconfig.get_config_var("EXT_SUFFIX"))[0]

setup(
    name="extension-library",
    version="1.0",
    ext_modules=[
        Library("helper", ["helper.c", "common.c"], define_macros=[("VAL", "5")]),
        Extension("one", ["one.c"], libraries=["helper" + module_suffix], library_dirs=["build/lib"]),
        Extension("two", ["two.c", "common.c"], define_macros=[("VAL", "6")]),
    ],
)
