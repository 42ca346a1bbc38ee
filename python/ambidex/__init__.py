"""What a project may ask of ambidex by name. The capture is in the modules beside it, loaded when needed."""

import sys


def enable():
    """Build this project by ambidex: to be called at the top of a `setup.py`."""
    from ambidex import _enable

    _enable.enable()


class _Package(type(sys)):
    # A property, since Python 3.6 has no `__getattr__` of modules (PEP 562), and setuptools may not be there.
    @property
    def build_ext(self):
        """For `cmdclass={"build_ext": ambidex.build_ext}`: builds all extensions by ambidex."""
        from ambidex import _enable

        return _enable.build_ext()


sys.modules[__name__].__class__ = _Package
