"""An optional extension can't be built; one after it links an object that it got as far as."""

from setuptools import Extension, setup

setup(
    name="optional-fails",
    version="1.0",
    ext_modules=[
        Extension("first", ["first.c"], define_macros=[("VAL", "1")]),
        # Newer versions of setuptools compile sources in the order of their names.
        Extension("broken", ["good.c", "not_good.c"], define_macros=[("VAL", "2")], optional=True),
        # setup.cfg says where objects are.
        Extension("last", ["last.c"], extra_objects=["build/temp/good.o"]),
        Extension("unlinked", ["good.c"], extra_link_args=["-lno_such_library_anywhere"], optional=True),
    ],
)
