# exit code: 1
"""Two extensions are broken; only the first one's messages appear, and the second one is never tried."""

from setuptools import Extension, setup

setup(
    name="two-failures",
    version="1.0",
    ext_modules=[
        Extension("a", ["a.c", "warning.c"]),
        Extension("unlinked", ["unlinked.c"], extra_link_args=["-Wl,-z,defs"]),
        Extension("broken", ["broken.c"]),
        Extension("warned", ["warning.c"]),
    ],
)
