"""The names of ambidex that a project may use. The capture is in the modules beside this one, loaded when needed."""

import sys


def enable():
    """Builds this project with ambidex. Call it at the top of a `setup.py`."""
    from ambidex import _enable

    _enable.enable()


class _Package(type(sys)):
    # A property, because Python 3.6 has no `__getattr__` of modules (PEP 562), and setuptools may be missing.
    @property
    def build_ext(self):
        """The class for `cmdclass={"build_ext": ambidex.build_ext}`, which builds all extensions with ambidex."""
        from ambidex import _enable

        return _enable.build_ext()


sys.modules[__name__].__class__ = _Package
