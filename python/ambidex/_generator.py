"""The decorator with which the author of a `setup.py` makes a function a node of the build graph."""

import functools
import os

from ambidex import _call, _session


def generator(inputs=(), outputs=()):
    """Returns a decorator for a function that makes the files `outputs` from the files `inputs`, and nothing else.

    While it runs, the build goes on; whatever reads one of the outputs waits for it. It must write all outputs, find
    nothing at their paths before, return None, and change nothing that the rest of the `setup.py` sees: no globals, no
    other files. If it fails, it is called again where the serial build calls it, so that the error is raised there.
    Without ambidex, the function is called as it is.
    """

    def decorate(function):
        @functools.wraps(function)
        def generate(*args, **kwargs):
            run = functools.partial(function, *args, **kwargs)
            session = _session.current() if os.environ.get("AMBIDEX_SOCKET") else None
            if session is None or not _call.is_possible(session):
                return run()
            call = _Generation(function, list(map(os.fspath, inputs)), list(map(os.fspath, outputs)))
            return run() if not outputs or _call.make(session, call, run) is None else None

        return generate

    return decorate


class _Generation:
    """One call of such a function."""

    translates = False
    unremembered = "a function of the project makes it, and what the function depends on can't be compared"

    def __init__(self, function, inputs, outputs):
        self.name = getattr(function, "__qualname__", None) or str(function)
        self.inputs, self.outputs = inputs, outputs
        self.argv = ["python", self.name] + inputs + ["-o"] + outputs

    def prepare(self):
        """Does nothing: the function has what it needs."""

    def begin(self):
        """Does nothing: the copy is as the function needs it."""

    @staticmethod
    def succeeded(result):
        """Returns whether a result is that of a successful call."""
        return result is None
