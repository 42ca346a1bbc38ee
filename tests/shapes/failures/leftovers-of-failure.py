# exit code: 1
"""`-save-temps=obj` leaves the preprocessed text of the broken source; later sources leave nothing."""

from setuptools import Extension, setup

setup(
    name="leftovers-of-failure",
    version="1.0",
    ext_modules=[
        Extension(name, [source], extra_compile_args=["-save-temps=obj"])
        for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))
    ],
)
