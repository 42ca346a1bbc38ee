# exit code: 1
"""The second of three sources is broken: the first object must be there, the third one not, nor anything later."""

from setuptools import Extension, setup

setup(
    name="third-source-not-compiled",
    version="1.0",
    ext_modules=[
        Extension("a", ["a.c"]),
        Extension("b", ["common.c", "broken.c", "b.c"]),
        Extension("c", ["c.c"]),
    ],
)
