"""The state of Python that Cython's translations depend on, as far as others than Cython itself have changed it.

Cython's own objects are compared as the garbage collector sees them: what each of them refers to before Cython's own
code runs, with what it referred to when that code last ended. The modules of Python's library that Cython may use are
described by value.
"""

import gc
import sys

from ambidex._cython_state import Graph
from ambidex._python_state import Library
from ambidex._values import Unknown


class Baseline:
    """What others than Cython have changed of what Cython's translations depend on, since this was made.

    It must be made before any module of Cython is imported. Unless it `is_wanted`, it never knows anything."""

    def __init__(self, is_wanted=True):
        self._unknown = None if is_wanted else "nobody has looked"
        self._changes, self._fresh, self._found, self._loaded = [], [], [], set()
        self._carefully(self._start)

    def enter(self):
        """To be called immediately before Cython's own code runs. Counts what has changed since it last ended."""
        self._carefully(self._compare)

    def leave(self):
        """To be called immediately after Cython's own code has run. What that has changed does not count."""
        self._carefully(self._note)

    def lose(self):
        """Gives up: whatever the state is from here on, it has no value."""
        self._unknown = "Cython's code has run unseen"

    def changes(self):
        """Returns all changes so far in a form that JSON has, one list for each time before Cython ran. None cancels
        another: Cython may have kept what it made of a value that is back to what it was."""
        if self._unknown:
            raise Unknown(self._unknown)
        return list(self._changes)

    def found(self):
        """Returns hashes of what the modules of Python's library held when they were first looked at. A project can
        have changed them before, and nobody knows what they should hold. `changes` are the changes to that."""
        import hashlib

        while self._fresh:
            fresh = sorted((name, sorted(slots.items(), key=repr)) for name, slots in self._fresh.pop(0).items())
            self._found.append(hashlib.sha256(repr(fresh).encode("utf-8", "surrogatepass")).hexdigest())
        return list(self._found)

    def strangers(self):
        """Returns functions that are only known by name. What depends on a call of one of them has no value."""
        return self._library.strangers()

    def _carefully(self, step):
        if self._unknown is not None:
            return
        self._unknown = "a look at the state was interrupted"
        # Many objects are made, and none is garbage. To look for that would take longer than everything else.
        is_enabled = gc.isenabled()
        gc.disable()
        try:
            step()
            self._unknown = None
        except Exception as error:
            self._unknown = str(error) or repr(error)
        finally:
            if is_enabled:
                gc.enable()

    def _start(self):
        self._graph, self._library = Graph(), Library()

    def _compare(self):
        import hashlib  # noqa: F401  (Otherwise it would be new after a hash was made.)

        changed, fresh = self._library.look()
        changed = self._graph.changes() + changed
        self._changes += [changed] if changed else []
        self._fresh += [fresh] if fresh else []
        self._loaded = set(sys.modules)

    def _note(self):
        self._graph.note()
        fresh = {name: slots for name, slots in self._library.look()[1].items() if name in self._loaded}
        self._fresh += [fresh] if fresh else []
