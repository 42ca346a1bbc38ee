"""An optional extension does not compile and another one does not link; the ones around them are built all the same."""

from setuptools import Extension, setup

setup(
    name="optional-broken",
    version="1.0",
    ext_modules=[
        Extension("a", ["a.c"]),
        Extension("broken", ["broken.c"], optional=True),
        Extension("b", ["b.c"]),
        Extension("unlinked", ["unlinked.c"], extra_link_args=["-Wl,-z,defs"], optional=True),
        Extension("c", ["c.c"]),
    ],
)
