"""Knows this process's conversation with the engine: what is recorded, what is waited for, what failed."""

import atexit
import collections
import os
import sys
import threading
import time

from ambidex import _client, _imports, _state


# How many commands are told in one message, and how many messages may wait for a reply. More would spare nothing, and
# must not fill the socket's buffers.
_TOGETHER = 32
_AHEAD = 8


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


class Command:
    """A command that is to be recorded."""

    def __init__(self, argv, env, scope, echo, run):
        self.argv = argv
        self.env = env
        self.cwd = os.getcwd()
        self.scope = scope
        # Called when it is to be announced.
        self.echo = echo
        # Runs it right here.
        self.run = run

    def follows(self, other):
        """Whether it can be told in one message with one before it."""
        return self.scope is other.scope and self.env is other.env and self.cwd == other.cwd


class Session:
    """The conversation of a process, or of one lane of it (`_lanes`): a program order of its own."""

    def __init__(self, lane_of=None):
        self.pid = os.getpid()
        self.lock = threading.RLock()
        hello = {"pid": self.pid, "cwd": _imports.started_in, "argv": _started_as()}
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
        # Whether commands may be told together, and without waiting.
        self.queueing = False
        # Whether a compile() of the base compiler runs.
        self.compiling = False
        # Commands of which the engine was not told yet, and those of each message without a reply.
        self._queue = []
        self._told = collections.deque()
        self._echo = {}
        self._env = None
        # The base code by which the command that is being run makes command lines, and the files of the code that the
        # engine was told of.
        self._base_of = self._base = self._told_code = None
        # Whether the engine is to look at all files again before it says that anything is up to date.
        self._looks_again = True
        self._recorded = 0
        # os.environ as it was, and what came of it.
        self._raw_environment = None
        self._environment = None

    def open_scope(self, name, fatal=False, awaited=True, extension=None):
        """A new scope; it becomes known to the engine with its first command."""
        self.scopes += 1
        return Scope(self.scopes, name, fatal, awaited, extension)

    def environment(self):
        """os.environ as text, the same object as long as it is the same; none if it can't be told in text."""
        # Decoding all of it for each command would take longer than everything else.
        raw = getattr(os.environ, "_data", os.environ)
        if raw != self._raw_environment:
            self._raw_environment = dict(raw)
            self._environment = dict(os.environ) if is_text(os.environ.values()) else None
        return self._environment

    def record(self, command):
        """Tell the engine of a command. Returns what is to be done: "recorded", "skipped", or "yours" where it is to
        be run right here."""
        with self.lock:
            self.flush()
            self._queue.append(command)
            self._send()
            return self._results(self._told.popleft())[-1]

    def enqueue(self, command):
        """Record a command, without waiting for what becomes of it: Python must not depend on that before `flush`."""
        with self.lock:
            if self._queue and not command.follows(self._queue[-1]):
                self.flush()
            self._queue.append(command)
            if len(self._queue) == _TOGETHER:
                self._send()
            if len(self._told) == _AHEAD:
                self.flush()

    def flush(self):
        """Learn what became of the commands so far. Those that are to be run right here are run, and may fail."""
        while self._queue or self._told:
            if self._queue:
                self._send()
            mine, again = None, []
            while self._told:
                commands = self._told.popleft()
                results = self._results(commands)
                if results and results[-1] == "yours":
                    mine = commands[len(results) - 1]
                again += commands[len(results) :]
            # While one runs here, those behind it do not exist.
            if mine is not None:
                mine.run()
            self._queue = again

    def drop(self):
        """Forget the commands that the engine was not told of."""
        self._queue = []

    def _send(self):
        commands, self._queue = self._queue, []
        scope, env = commands[0].scope, commands[0].env
        first = self._recorded + sum(map(len, self._told))
        message = {"type": "record", "commands": [command.argv for command in commands], "recording": first}
        message["cwd"] = commands[0].cwd
        self._introduce(message, scope, env)
        self.client.send(message)
        self._told.append(commands)

    def _introduce(self, message, scope, env):
        """Add to a message what the engine has to know besides it."""
        message["scope"] = scope.number
        if not scope.announced:
            scope.announced = True
            message["open"] = {"name": scope.name, "fatal": scope.fatal, "awaited": scope.awaited}
        if env is not self._env and env != self._env:
            message["env"] = env
        self._env = env

    def collect(self, command):
        """This command builds all its extensions now."""
        self.collecting = command
        # Since it was looked at, a project may have put something in its place, and changed files unnoticed.
        self._base_of = None
        self._looks_again = True

    def is_fresh(self, target):
        """Whether the extension that is being built, into this file, is up to date. Then its commands need not be
        recorded."""
        state = self._state_of(self.collecting, self.scope.extension, target)
        env = self.environment()
        if env is None or state is None or not is_text(self._base.files):
            return False
        message = {"type": "fresh", "state": state, "cwd": os.getcwd(), "again": self._looks_again}
        self._looks_again = False
        self._introduce(message, self.scope, env)
        if self._told_code != self._base.files:
            self._told_code = message["code"] = self._base.files
        with self.lock:
            outputs = self.ask(message)["outputs"]
        if outputs is None:
            return False
        self.pending = True
        self._learn(outputs)
        if self._base.is_extended:
            self.collecting._built_objects = [os.path.relpath(output) for output in outputs[:-1]]
        return True

    def _state_of(self, command, ext, target):
        try:
            if self._base_of is not command:
                self._base_of, self._base = command, _state.base_of(command)
            return self._base and _state.of(command, ext, target, self._base)
        except Exception:
            # Properties of a project's classes may fail when they are looked at. So will the build, if they are needed.
            return None

    def _results(self, commands):
        """What became of the commands of the oldest message without a reply, as far as the engine has got."""
        # What runs meanwhile may be printed before the reply comes.
        for number, command in enumerate(commands, self._recorded):
            self._echo[number] = command.echo
        reply = self.client.reply(self._show)
        expected, results = self._recorded + len(commands), []
        for outputs in reply["outputs"]:
            results.append("skipped" if outputs is None else "recorded")
            if outputs is not None:
                self._recorded += 1
                self.pending = True
                self._learn(outputs)
        for number in range(self._recorded, expected):
            self._echo.pop(number, None)
        if reply["yours"]:
            results.append("yours")
        return results

    def _learn(self, outputs):
        self.names.update(map(os.path.basename, outputs))
        produced.update(dict.fromkeys(outputs, (time.time(), self)))

    def unlearn(self):
        """Nothing of what this session has had made is wanted."""
        for path in [path for path, (_, session) in produced.items() if session is self]:
            del produced[path]

    def wait(self, scope):
        """Wait for the commands of a scope and return its failure, if there is one."""
        self.flush()
        if not scope.announced:
            return None
        with self.lock:
            failures = self.ask({"type": "wait", "scope": scope.number})["failures"]
        return Failure(failures[0]) if failures else None

    def finish(self, extensions=None):
        """Wait for everything and have the final outputs committed; returns the failures in program order.

        With `extensions`, what was made for others by an earlier run of this program goes."""
        self.flush()
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
        self.flush()
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
        return self.pending or bool(self._queue or self._told)

    def ask(self, message):
        """A request, and its reply."""
        self.flush()
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


def _started_as():
    """What this process was started with, the interpreter apart. `sys.argv` may have been changed since."""
    try:
        with open("/proc/self/cmdline", "rb") as file:
            return [os.fsdecode(word).encode("utf-8", "replace").decode() for word in file.read().split(b"\0")[1:-1]]
    except OSError:
        return [str(arg) for arg in getattr(sys, "argv", [])]


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

    def is_fresh(self, target):
        return False

    def _send(self):
        if self._process_session.is_watching():
            self._process_session.process(["?"])
        super()._send()


def is_text(words):
    """Whether the engine can be told these words: its messages are text."""
    try:
        "\0".join(words).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


# All files that this process has had made, with their real folders; when the serial build would have made each, in
# seconds since 1970, and for which session.
produced = {}

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
        session.drop()
        session.pending = False
