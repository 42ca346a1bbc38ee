"""Knows this process's conversation with the engine: what is recorded, what is waited for, what failed."""

import atexit
import os
import sys
import threading

from ambidex import _client, _imports


class Stop(BaseException):
    """Ends Python code that the serial build would not have come to. Only ambidex's own hooks see it."""


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
    """The conversation of a process, or of one lane of it (`_lanes`): a program order of its own."""

    def __init__(self, lane_of=None):
        self.pid = os.getpid()
        self.lock = threading.RLock()
        hello = {"pid": self.pid, "cwd": _imports.started_in, "argv": [str(arg) for arg in getattr(sys, "argv", [])]}
        prefix = sys.prefix if sys.prefix != sys.base_prefix else None
        self.client = _client.Client(os.environ["AMBIDEX_SOCKET"], dict(hello, lane_of=lane_of, prefix=prefix))
        self.program = self.client.welcome["program"]
        self.collecting = None
        self.scope = None
        # The name of the extension whose build_extension the base loop has called.
        self.building = None
        self.scopes = 0
        # The names of files that were recorded as outputs, without their folders.
        self.names = set()
        # Whether something was recorded that Python could still notice to be missing.
        self.pending = False
        self._echo = {}
        self._env = None
        self._recorded = 0

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
            reply = self.ask(message)
            if reply["type"] == "recorded":
                self._recorded += 1
                self.pending = True
                self.names.update(map(os.path.basename, reply["outputs"]))
                produced.update(reply["outputs"])
            else:
                del self._echo[self._recorded]
            return reply

    def wait(self, scope):
        """Wait for the commands of a scope and return its failure, if there is one."""
        if not scope.announced:
            return None
        with self.lock:
            failures = self.ask({"type": "wait", "scope": scope.number})["failures"]
        return Failure(failures[0]) if failures else None

    def finish(self, extensions=None):
        """Wait for everything and have the final outputs committed; returns the failures in program order.

        With `extensions`, what was made for others by an earlier run of this program goes."""
        if not self.pending and not (extensions is not None and self._recorded):
            return []
        names = None if extensions is None else [str(ext.name) for ext in extensions]
        with self.lock:
            return [Failure(data) for data in self.ask({"type": "finish", "extensions": names})["failures"]]

    def jobs(self, count):
        """Ask for so many jobs; what was given to ambidex itself wins."""
        with self.lock:
            self.ask({"type": "jobs", "count": count})

    def look(self, path):
        """Python is about to read this path, or to ask whether it is there."""
        if os.path.basename(path.rstrip("/")) in self.names:
            self.force("look", [path])

    def listing(self, path):
        """Python is about to list this folder."""
        self.force("look", [path])

    def change(self, paths):
        """Python is about to write, replace or remove these paths."""
        self.force("change", paths)

    def process(self, argv):
        """Python is about to start a process."""
        with self.lock:
            self._forced(self.ask({"type": "process", "argv": argv}))

    def force(self, event, paths, **more):
        """Returns when Python can't notice any more that something about these paths was deferred."""
        with self.lock:
            self._forced(self.ask(dict(more, type=event, paths=paths, cwd=os.getcwd())))

    def is_watching(self):
        """Whether Python's looks and changes concern this session now."""
        return self.pending

    def ask(self, message):
        """A request, and its reply."""
        return self.client.ask(message, self._show)

    def close(self):
        """The conversation ends: with the process, or with a lane."""
        if self.pid == os.getpid():
            if self.pending:
                self.finish()
                self.pending = False
            self.client.close()

    def _forced(self, reply):
        if reply["settled"]:
            self.pending = False
            self.names.clear()
        if reply["failed"] and self.collecting is not None:
            raise Stop()

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


class ThreadSession(Session):
    """The conversation of a thread that a project has started itself: its commands have no order among others'."""

    def __init__(self, process_session):
        super().__init__()
        self._process_session = process_session

    def wait(self, scope):
        failure = super().wait(scope)
        # Other threads may look at what this one has made, and know nothing of this session.
        self.process(["?"])
        return failure

    def record(self, argv, env, scope, echo):
        if self._process_session.pending:
            self._process_session.process(["?"])
        return super().record(argv, env, scope, echo)


# All files that this process has had made, with their real folders.
produced = set()

_session = None
_lock = threading.Lock()
_of_thread = threading.local()


def current():
    """The session of this process or lane; none in a process that is not captured, or forked from one that is."""
    global _session
    if _session is None:
        with _lock:
            if _session is None and os.environ.get("AMBIDEX_SOCKET"):
                try:
                    _session = Session()
                    _session.thread = threading.get_ident()
                    atexit.register(_session.close)
                except OSError:
                    # The ambidex that started this process has ended: build as if it had never been.
                    del os.environ["AMBIDEX_SOCKET"]
    if _session is None or _session.pid != os.getpid():
        return None
    if threading.get_ident() != _session.thread and existing() is _session:
        _of_thread.session = ThreadSession(_session)
    return existing()


def existing():
    """The session that this thread has come to have; else the process's, if there is one."""
    if _session is None or _session.pid != os.getpid():
        return None
    return getattr(_of_thread, "session", _session)


def adopt(session):
    """Make this thread speak for a session."""
    _of_thread.session = session


def abandon():
    """Give up all that is pending, and this process's part in the build."""
    session = existing()
    if session is not None:
        session.pending = False
