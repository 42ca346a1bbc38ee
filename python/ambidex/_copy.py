"""What a copy of this process does for a call of a function: it lets the engine see what the call depends on.

What is changed here is changed in the copy alone, which ends with the call.
"""

import os
import sys
import warnings

from ambidex import _library, _looks


def make(call, run):
    """Makes the call, and ends the copy."""
    status = 1
    try:
        _flush()
        if _library.ask("begin") != "ok":
            os._exit(1)
        _looks.look_for_each(lambda path: True)
        _see_variables()
        warnings._showwarnmsg = warnings.showwarning = _warned
        call.begin()
        result = run()
        _flush()
        status = 0 if call.succeeded(result) else 1
    finally:
        # However the call ends, nothing of this process goes on.
        _library.ask("done {}".format(status))
        os._exit(1)


def _flush():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, ValueError, OSError):
            pass


def _warned(*args, **kwargs):
    """Ends the copy at a warning: the process itself would print it only once."""
    _end()


def end_at(functions):
    """Ends the copy as soon as one of these functions is called."""
    for number, function in enumerate(functions):
        code = function.__code__
        # The new code needs as many variables of outer functions as the old one.
        free, name = ", ".join(code.co_freevars), "_ambidex_end_{}".format(number)
        source = "def make({0}):\n def end(*args, **kwargs):\n  {1}()\n  ({0})\n return end".format(free, name)
        made = {}
        exec(source, made)
        function.__globals__[name] = _end
        function.__code__ = made["make"](*code.co_freevars).__code__


def _end():
    _library.ask("done 1")


def _see_variables():
    """Has `os.environ`, which is a copy of the environment, say which variables are asked for."""
    kind = type(os.environ)
    get, iterate = kind.__getitem__, kind.__iter__

    def getitem(environ, key):
        _library.ask("variable {}".format(os.fsdecode(key)))
        return get(environ, key)

    def iter_(environ):
        _library.ask("variable ")
        return iterate(environ)

    kind.__getitem__, kind.__iter__ = getitem, iter_
