"""This process's conversation with the engine: what is recorded, what is predicted, what is awaited.

In real work a command is predicted to succeed: the engine is told of it, and Python goes on. A snapshot of the process
was taken before. If the command fails, the engine ends this process and lets the snapshot go on, which does the same
again and awaits each command, up to the one that fails.
"""

import _thread
import atexit
import collections
import os
import sys
import threading
import time

from ambidex import _client, _imports, _library, _state

# A project may replace these, or put a clock of its own in their place.
_clock, _getpid = time.monotonic, os.getpid

# With a newer snapshot less is done again after a failure. To take one costs milliseconds.
_OLD = 0.05


class Scope:
    """The commands of one extension, or of one call."""

    def __init__(self, number, name):
        self.number = number
        self.name = name
        # Whether the engine knows it, and a command of it.
        self.is_announced = self.has_command = False


class Session:
    """The conversation of this process, in its main thread."""

    def __init__(self):
        self.pid = _getpid()
        self.thread = threading.main_thread().ident
        # Whether a message is on its way, in which a signal handler can't tell of another; and a command.
        self.is_busy = self.is_starting = False
        hello = {"pid": self.pid, "cwd": _shown(_imports.started_in), "argv": _started_as(), "sees": _library.is_active}
        hello["prefix"] = _shown(sys.prefix) if sys.prefix != sys.base_prefix else None
        self.client = _client.Client(os.environ["AMBIDEX_SOCKET"], hello)
        self._only_records = self.client.welcome["only_record"]
        # What is to be done with the replies that were not read yet.
        self._due = collections.deque()
        # How many base methods that build extensions or libraries are going on; how many calls that are real work, with
        # those; how many of the base compiler; and how many probes.
        self.building = self.working = self.compiling = self.probing = 0
        # The extension or libraries that are being built, as far as that is known.
        self.scope = None
        # The build_ext whose base loop is going on, and the extension whose base build_extension is.
        self.collecting = self.extension = None
        # The errors of its extensions, if the others are to be built nevertheless.
        self.errors = None
        # Whether something was recorded, ever and since all was finished.
        self._has_recorded = self._is_unfinished = False
        self._scopes = 0
        self._env = self._attributes = None
        # How many commands are to be awaited after a failure, and whether the engine knows not all commands.
        self._awaits = 0
        self._is_careful = False
        self._snapshot_time = 0.0
        self._refused = None
        # The programs that the engine knows, and the names of files that probes made.
        self._programs, self._probes = set(), set()
        # The base code by which the command that is being run makes command lines, and the files of the code that the
        # engine was told of.
        self._base_of = self._base = self._told_code = None
        # Whether the engine is to look at all files again before it says that anything is up to date.
        self._looks_again = True
        # os.environ as it was, and what came of it.
        self._raw_environment = self._environment = None

    def new_scope(self, name):
        """It becomes known to the engine with its first command."""
        self._scopes += 1
        return Scope(self._scopes, None if name is None else _shown(name))

    def environment(self):
        """os.environ as text, the same object as long as it is the same; none if it can't be told in text."""
        # Decoding all of it for each command would take longer than everything else.
        raw = getattr(os.environ, "_data", os.environ)
        if raw != self._raw_environment:
            self._raw_environment = dict(raw)
            self._environment = text_of(os.environ)
        return self._environment

    def is_to_be_awaited(self, argv):
        """Whether Python must know how this command ends before it goes on. Else there is a snapshot before it."""
        self._refused = None
        if not self.working or self.is_of_probe(argv):
            return True
        # What the engine does not know is run here.
        if self._only_records or not self.compiling and os.path.basename(argv[0]) not in self._programs:
            return not self._only_records
        while _library.is_active:
            if self._awaits:
                self._awaits -= 1
                return True
            is_live = _library.ask("live") == "yes"
            is_first = self.scope is not None and not self.scope.has_command
            if is_live and not (is_first and _clock() - self._snapshot_time > _OLD):
                return False
            # The snapshot has a stream of its own, by which no reply to an earlier request will come.
            self.catch_up()
            answer, _, rest = (_library.ask("snapshot") or "refused").partition(" ")
            if answer == "taken":
                self._snapshot_time = _clock()
                return False
            if answer != "resumed":
                self._refused = None if is_live else rest
                return not is_live
            # This is the snapshot now, and something has failed.
            awaits, _, is_careful = rest.partition(" ")
            self._awaits = int(awaits)
            self._is_careful = self._is_careful or bool(int(is_careful))
        return True

    def is_of_probe(self, argv):
        """Whether a command is there to see whether it fails."""
        return bool(self.probing or self._probes and any(os.path.basename(arg) in self._probes for arg in argv))

    def announce(self):
        """What is printed from here to the next command announces it: it goes if the command is up to date."""
        self._send({"type": "echo"}, opens=True)
        # It has none.
        _library.ask("replied")

    def record(self, argv, folder, env, is_awaited):
        """Tell the engine of a command. Returns its exit status (0 if it is predicted), or none if it is to be run
        right here."""
        results = []

        def recorded(reply):
            results.append(reply)
            if not reply["run_in_python"]:
                self._programs.add(os.path.basename(argv[0]))
            if self.probing:
                self._probes.update(map(os.path.basename, reply["outputs"]))

        message = {"type": "record", "argv": list(argv), "cwd": folder}
        self._introduce(message, env)
        attributes = _library.ask("attributes")
        if attributes != self._attributes:
            self._attributes = message["attributes"] = attributes
        message.update({"refused": self._refused} if self._refused else {})
        self._has_recorded = self._is_unfinished = True
        if self.scope is not None:
            self.scope.has_command = True
        self.is_busy = True
        try:
            # Base code may have looked at something since, and all be settled, and the snapshot gone. From here on it
            # stays.
            is_live = _library.ask("announce") == "live"
            is_awaited = message["awaited"] = is_awaited or not (self._only_records or is_live)
            self._send(message, recorded, opens=True)
        finally:
            self.is_busy = False
        if not (is_awaited or self._is_careful):
            # Where the engine does not know it, it resumes the snapshot.
            return 0
        self.catch_up()
        return None if results[0]["run_in_python"] else results[0]["status"] or 0

    def _introduce(self, message, env):
        """Add to a message what the engine has to know besides it."""
        scope = self.scope or self.new_scope(None)
        message["scope"] = scope.number
        if not scope.is_announced:
            scope.is_announced = True
            message["open"] = {"name": scope.name}
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
        state = self._state_of(self.collecting, self.extension, target)
        env = self.environment()
        folder = os.getcwd()
        if env is None or state is None or not is_text([folder] + self._base.files):
            return False
        message = {"type": "fresh", "state": state, "cwd": folder, "again": self._looks_again}
        self._looks_again = False
        self._introduce(message, env)
        if self._told_code != self._base.files:
            self._told_code = message["code"] = self._base.files
        outputs = self._ask(message)["outputs"]
        if outputs is None:
            return False
        self._has_recorded = self._is_unfinished = True
        if self._base.is_extended:
            self.collecting._built_objects = [os.path.relpath(output) for output in outputs[:-1]]
        return True

    def are_outdated(self, pairs, newer_group):
        """Whether each target, given behind its sources, would be out of date in the serial build; none for one that
        this would not have made in this run."""
        targets = [{"path": target, "sources": list(sources)} for sources, target in pairs]
        words = [word for target in targets for word in target["sources"] + [target["path"]]]
        folder = os.getcwd()
        if not self._has_recorded or not is_text([folder] + words):
            return [None] * len(targets)
        # Before setuptools 67, times are compared in seconds.
        code = getattr(newer_group, "__code__", None)
        seconds = "ST_MTIME" in getattr(code, "co_names", ())
        return self._ask({"type": "outdated", "targets": targets, "cwd": folder, "seconds": seconds})["outdated"]

    def _state_of(self, command, ext, target):
        try:
            if self._base_of is not command:
                self._base_of, self._base = command, _state.base_of(command)
            return self._base and _state.of(command, ext, target, self._base)
        except Exception:
            # Properties of a project's classes may fail when they are looked at. So will the build, if they are needed.
            return None

    def wait(self):
        """Wait for all commands so far."""
        if self.is_here():
            self._ask({"type": "wait"})

    def finish(self, extensions=None):
        """Wait for everything and have the final outputs put to their places.

        With `extensions`, what was made for others by an earlier run of this program goes."""
        if self.is_here() and (self._is_unfinished or (extensions is not None and self._has_recorded)):
            names = None if extensions is None else [_shown(name) for name in extensions]
            self._ask({"type": "finish", "extensions": names})
            self._is_unfinished = False

    def abandon(self):
        """Nothing that is pending is wanted any more."""
        self._has_recorded = self._is_unfinished = False

    def is_here(self):
        """Whether this is its process, and not a child by fork that goes on with the same Python frames."""
        return self.pid == _getpid()

    def jobs(self, count):
        """Ask for so many jobs; what was given to ambidex itself wins."""
        self._ask({"type": "jobs", "count": count})

    def close(self):
        """The conversation ends with the process."""
        if self.is_here() and not self.client.is_over:
            self.client.is_over = True
            self.finish()
            self.client.connection.close()

    def catch_up(self):
        """Read the replies to all requests."""
        self.is_busy = True
        try:
            while self._due:
                reply = self.client.reply()
                self._due.popleft()(reply)
        finally:
            self.is_busy = False

    def _ask(self, message):
        replies = []
        self._send(message, replies.append)
        self.catch_up()
        return replies[0]

    def _send(self, message, receive=None, opens=False):
        self.is_busy = True
        try:
            self.client.send(message, opens)
            if receive is not None:
                self._due.append(receive)
        finally:
            self.is_busy = False


def _started_as():
    """What this process was started with, the interpreter apart. `sys.argv` may have been changed since."""
    try:
        with open("/proc/self/cmdline", "rb") as file:
            return [_shown(os.fsdecode(word)) for word in file.read().split(b"\0")[1:-1]]
    except OSError:
        return [_shown(str(arg)) for arg in getattr(sys, "argv", [])]


def _shown(text):
    """As much of it as is text."""
    return text.encode("utf-8", "replace").decode()


def is_text(words):
    """Whether the engine can be told these words: its messages are text."""
    try:
        "\0".join(words).encode("utf-8")
    except (TypeError, UnicodeEncodeError):
        return False
    return True


def text_of(environment):
    """An environment as the engine can be told of it; none if it is not text."""
    try:
        environment = dict(environment)
    except (TypeError, ValueError):
        return None
    return environment if is_text(environment) and is_text(environment.values()) else None


_session = None


def current():
    """The session of this process; none in another thread than the main one, in a process that is not captured, or in
    one that was forked from a captured one."""
    global _session
    if _session is None and os.environ.get("AMBIDEX_SOCKET") and _thread.get_ident() == threading.main_thread().ident:
        try:
            _session = Session()
            atexit.register(_session.close)
        except OSError:
            # The ambidex that started this process has ended: build as if it had never been.
            del os.environ["AMBIDEX_SOCKET"]
    return existing()


def existing():
    """The session of this process, if there is one already."""
    session = _session
    if session is None or session.is_busy or not session.is_here() or session.thread != _thread.get_ident():
        return None
    return session
