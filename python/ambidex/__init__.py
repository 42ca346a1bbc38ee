"""The names of ambidex that a project may use. The capture is in the modules beside this one, loaded when needed."""

import sys


def enable():
    """Builds this project with ambidex. Call it at the top of a `setup.py`."""
    from ambidex import _enable

    _enable.enable()


def generator(inputs=(), outputs=()):
    """Returns a decorator for a function that makes `outputs` from `inputs`: it then runs while the build goes on."""
    from ambidex import _generator

    return _generator.generator(inputs, outputs)


class _Package(type(sys)):
    # A property, because Python 3.6 has no `__getattr__` of modules (PEP 562), and setuptools may be missing.
    @property
    def build_ext(self):
        """The class for `cmdclass={"build_ext": ambidex.build_ext}`, which builds all extensions with ambidex."""
        from ambidex import _enable

        return _enable.build_ext()


sys.modules[__name__].__class__ = _Package
