"""`setup()` stands in a `try` that catches SystemExit, prints its text and calls `setup()` again without the broken one."""

from setuptools import Extension, setup

extensions = [Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))]


def run(extensions):
    setup(name="exit-is-caught", version="1.0", ext_modules=extensions)


try:
    run(extensions)
    print("not reached")
except SystemExit as stop:
    print("first:", stop.code)
    run([ext for ext in extensions if ext.name != "broken"])
    print("second: fine")
