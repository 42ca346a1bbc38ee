# exit code: 1
"""Nothing but `.pyx` sources, and the second module can't be translated."""

from setuptools import Extension, setup

setup(
    name="by-setuptools-broken",
    version="1.0",
    ext_modules=[Extension(name, [name + ".pyx"]) for name in ("a", "broken", "d")],
)
