"""numpy.distutils: a configuration with a library, a template, a generated header and modules that share sources."""

from numpy.distutils.core import setup
from numpy.distutils.misc_util import Configuration


def write_header(ext, build_dir):
    import os

    target = os.path.join(build_dir, "generated.h")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with open(target, "w") as file:
        file.write("#define GENERATED {}\n".format(len(ext.name)))
    return target


config = Configuration("package", package_path="package")
config.add_library("helper", sources=["helper.c"])
config.add_extension("one", sources=["one.c", "common.c"], define_macros=[("VAL", "1")], libraries=["helper"])
config.add_extension("three", sources=[write_header, "three.c.src", "common.c"], define_macros=[("VAL", "3")])

setup(version="1.0", **config.todict())
