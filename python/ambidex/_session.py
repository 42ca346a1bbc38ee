"""Knows this process's conversation with the engine: what is recorded, what is waited for, what failed."""

import atexit
import os
import sys
import threading

from ambidex import _client


class Stop(BaseException):
    """Ends Python code that the serial build would not have come to. Only ambidex's own hooks see it."""


class ScopeStop(Stop):
    """The same, where only the rest of a scope is concerned."""


class Failure:
    """A command that failed, as the engine tells it."""

    def __init__(self, data):
        self.scope = data["scope"]
        self.kind = data["kind"]
        self.status = data["status"]
        self.argv = data["argv"]


class Scope:
    """The commands of one extension, or of one call that is waited for."""

    def __init__(self, number, name, fatal, awaited, extension=None):
        self.number = number
        self.name = name
        # Whether the serial build would end with the first failure.
        self.fatal = fatal
        # Whether what Python does next depends on how the commands end.
        self.awaited = awaited
        self.extension = extension
        self.announced = False


class Session:
    """The conversation. There is at most one in a process, made when the first command is met."""

    def __init__(self):
        self.pid = os.getpid()
        self.lock = threading.RLock()
        self.client = _client.Client(
            os.environ["AMBIDEX_SOCKET"],
            {"pid": self.pid, "cwd": os.getcwd(), "argv": [str(arg) for arg in getattr(sys, "argv", [])]},
        )
        self.collecting = None
        self.scope = None
        # The name of the extension whose build_extension the base loop has called.
        self.building = None
        self.scopes = 0
        self.names = {}
        # Whether something was recorded that Python could still notice to be missing.
        self.pending = False
        self._echo = {}
        self._env = None
        self._recorded = 0
        atexit.register(self.close)

    def open_scope(self, name, fatal=False, awaited=True, extension=None):
        """A new scope; it becomes known to the engine with its first command."""
        self.scopes += 1
        return Scope(self.scopes, name, fatal, awaited, extension)

    def record(self, argv, env, scope, echo):
        """Tell the engine of a command. Returns its reply: recorded, skipped, or to be run right here."""
        with self.lock:
            message = {"type": "record", "argv": argv, "cwd": os.getcwd(), "scope": scope.number}
            if not scope.announced:
                scope.announced = True
                message["open"] = {"name": scope.name, "fatal": scope.fatal, "awaited": scope.awaited}
            if env != self._env:
                message["env"] = env
                self._env = env
            self._echo[self._recorded] = echo
            reply = self._ask(message)
            if reply["type"] == "recorded":
                self._recorded += 1
                self.pending = True
                for name in reply["outputs"]:
                    self.names[name] = self.names.get(name, 0) + 1
            else:
                del self._echo[self._recorded]
                if reply["type"] == "skipped":
                    raise Stop() if reply["fatal"] else ScopeStop()
            return reply

    def wait(self, scope):
        """Wait for the commands of a scope and return its failure, if there is one."""
        if not scope.announced:
            return None
        with self.lock:
            failures = self._ask({"type": "wait", "scope": scope.number})["failures"]
        return Failure(failures[0]) if failures else None

    def finish(self):
        """Wait for everything and have the final outputs committed; returns the failures in program order."""
        if not self.pending:
            return []
        with self.lock:
            return [Failure(data) for data in self._ask({"type": "finish"})["failures"]]

    def jobs(self, count):
        """Ask for so many jobs; what was given to ambidex itself wins."""
        with self.lock:
            self._ask({"type": "jobs", "count": count})

    def force(self, event, paths):
        """Python is about to do something with these paths. Returns when it can't notice any deferral."""
        with self.lock:
            reply = self._ask({"type": event, "paths": paths, "cwd": os.getcwd()})
            self._forced(reply)

    def process(self, argv):
        """Python is about to start a process."""
        with self.lock:
            self._forced(self._ask({"type": "process", "argv": argv}))

    def close(self):
        """This process ends."""
        if self.pid == os.getpid() and self.pending:
            self.finish()
            self.pending = False

    def _forced(self, reply):
        if reply["settled"]:
            self.pending = False
            self.names.clear()
        if reply["failed"] and self.collecting is not None:
            raise Stop()

    def _ask(self, message):
        return self.client.ask(message, self._show)

    def _show(self, item):
        """Print a command and what it printed, where and how the serial build would have printed it."""
        echo = self._echo.pop(item["recording"], None)
        if echo is not None:
            echo()
        for stream, number, text in ((sys.stdout, 1, item["out"]), (sys.stderr, 2, item["err"])):
            if not text:
                continue
            try:
                stream.flush()
            except (AttributeError, ValueError, OSError):
                # No such stream, or closed: then nothing is buffered.
                pass
            data = text.encode("latin-1")
            while data:
                data = data[os.write(number, data) :]


_session = None
_lock = threading.Lock()


def current():
    """This process's session; none in a process that is not captured, or that was forked from one that is."""
    global _session
    if _session is None:
        with _lock:
            if _session is None and os.environ.get("AMBIDEX_SOCKET"):
                try:
                    _session = Session()
                except OSError:
                    # The ambidex that started this process has ended: build as if it had never been.
                    del os.environ["AMBIDEX_SOCKET"]
    if _session is None or _session.pid != os.getpid():
        return None
    return _session


def existing():
    """The session, if this process has come to have one."""
    if _session is not None and _session.pid == os.getpid():
        return _session
    return None


def abandon():
    """Give up all that is pending, and this process's part in the build."""
    session = existing()
    if session is not None:
        session.pending = False
