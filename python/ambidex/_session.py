"""The session of this process with the engine: which commands are recorded, predicted or awaited.

In real work, a command is predicted to succeed: the session tells the engine of it, and Python goes on. Before that,
the session takes a snapshot of the process. If the command fails, the engine stops this process and resumes the
snapshot, which does the same work again and awaits each command up to the failed one.
"""

import _thread
import atexit
import collections
import contextlib
import os
import sys
import threading
import time

from ambidex import _client, _imports, _library, _state

# A project may replace these functions, for example by a clock of its own.
_clock, _getpid = time.monotonic, os.getpid

# The age in seconds at which a snapshot is old. A newer one saves work after a failure, but costs milliseconds.
_OLD = 0.05


class Scope:
    """The commands of one extension, or of one call."""

    def __init__(self, number, name):
        self.number = number
        self.name = name
        # Whether the engine knows the scope, and whether it knows a command of the scope.
        self.is_announced = self.has_command = False


class Session:
    """The session of this process, in its main thread."""

    def __init__(self):
        self.pid = _getpid()
        self.thread = threading.main_thread().ident
        # Whether a message is on its way, when a signal handler can't send another, and whether a command is starting.
        self.is_busy = self.is_starting = False
        hello = {"pid": self.pid, "cwd": _shown(_imports.started_in), "argv": _started_as(), "sees": _library.is_active}
        hello["prefix"] = _shown(sys.prefix) if sys.prefix != sys.base_prefix else None
        self.client = _client.Client(os.environ["AMBIDEX_SOCKET"], hello)
        self._only_records = self.client.welcome["only_record"]
        # The handlers of the replies that have not been read yet.
        self._due = collections.deque()
        # How many of these calls are in progress: base methods that build extensions or libraries; real work, including
        # those methods; methods of the base compiler; and probes.
        self.building = self.working = self.compiling = self.probing = 0
        # The scope of the extension or libraries that are being built, if that is known.
        self.scope = None
        # The build_ext whose base loop is running, and the extension whose base build_extension is running.
        self.collecting = self.extension = None
        # The errors of that command's extensions, if the build goes on with the others.
        self.errors = None
        # Whether anything was recorded at all, and whether anything was since the last finish.
        self._has_recorded = self._is_unfinished = False
        self._scopes = 0
        # Whether a copy of this process was made for a call.
        self.has_calls = False
        self._env = self._attributes = None
        # How many commands must be awaited after a failure, and whether the engine does not understand all commands.
        self._awaits = 0
        self._is_careful = False
        self._snapshot_time = 0.0
        self._refused = None
        # The names of the tools that the engine understands, and of the files that probes made.
        self._programs, self._probes = set(), set()
        # The command that is running and the base code with which it makes command lines, and the files of that code as
        # last sent to the engine.
        self._base_of = self._base = self._told_code = None
        # Whether the engine must check all files again before it says that anything is up to date.
        self._looks_again = True
        # The last os.environ, and its text.
        self._raw_environment = self._environment = None

    def new_scope(self, name):
        """Returns a new scope. The engine learns of it with its first command."""
        self._scopes += 1
        return Scope(self._scopes, None if name is None else _shown(name))

    def environment(self):
        """Returns os.environ as text, the same object while it is unchanged, or None if it is not text."""
        # Decoding all of it for each command would take longer than everything else.
        raw = getattr(os.environ, "_data", os.environ)
        if raw != self._raw_environment:
            self._raw_environment = dict(raw)
            self._environment = text_of(os.environ)
        return self._environment

    def is_to_be_awaited(self, argv):
        """Returns whether Python must await this command. Otherwise there is a snapshot from before the command."""
        self._refused = None
        if not self.working or self.is_of_probe(argv):
            return True
        # This process itself runs a command that the engine does not understand.
        if self._only_records or not self.compiling and os.path.basename(argv[0]) not in self._programs:
            return not self._only_records
        return not self.is_predictable()

    def is_predictable(self):
        """Returns whether the next command may be predicted: there is a snapshot from before it."""
        while _library.is_active and not self._only_records:
            if self._awaits:
                self._awaits -= 1
                return False
            is_live = _library.ask("live") == "yes"
            is_first = self.scope is not None and not self.scope.has_command
            if is_live and not (is_first and _clock() - self._snapshot_time > _OLD):
                return True
            # The snapshot has a connection of its own, on which no reply to an earlier request will come.
            self.catch_up()
            answer, _, rest = (_library.ask("snapshot") or "refused").partition(" ")
            if answer == "taken":
                self._snapshot_time = _clock()
                return True
            if answer != "resumed":
                self._refused = None if is_live else rest
                return is_live
            # This process is the snapshot now, and something has failed.
            awaits, _, is_careful = rest.partition(" ")
            self._awaits = int(awaits)
            self._is_careful = self._is_careful or bool(int(is_careful))
        return False

    def is_of_probe(self, argv):
        """Returns whether a project runs this command to see whether it fails."""
        return bool(self.probing or self._probes and any(os.path.basename(arg) in self._probes for arg in argv))

    def announce(self):
        """Marks the text before the next command as its announcement, to drop if the command is up to date."""
        self._send({"type": "echo"}, opens=True)
        # The request has no reply.
        _library.ask("replied")

    def record(self, argv, folder, env, is_awaited):
        """Records a command. Returns its exit status (0 if it is predicted), or None if this process must run the
        command itself."""
        results = []

        def recorded(reply):
            results.append(reply)
            if not reply["run_in_python"]:
                self._programs.add(os.path.basename(argv[0]))
            if self.probing:
                self._probes.update(map(os.path.basename, reply["outputs"]))

        message = {"type": "record", "argv": list(argv), "cwd": folder}
        self._introduce(message, env)
        if self.scope is not None:
            self.scope.has_command = True
        if not self._send_record(message, recorded, is_awaited):
            # If the engine does not understand the command, it resumes the snapshot.
            return 0
        self.catch_up()
        return None if results[0]["run_in_python"] else results[0]["status"] or 0

    def record_call(self, call, folder, described):
        """Records a call of a function that a copy of this process makes. Returns 0, or None if this process must make
        the call itself."""
        results = []
        message = {"type": "record", "argv": call.argv, "cwd": folder, "call": described}
        outer, self.scope = self.scope, self.new_scope(call.name)
        self._introduce(message, self.environment())
        self.scope = outer
        if not self._send_record(message, results.append, False):
            return 0
        self.catch_up()
        return None if results[0]["run_in_python"] or results[0]["status"] else 0

    def _send_record(self, message, recorded, is_awaited):
        """Sends the message that records a command. Returns whether this process must wait for the reply."""
        attributes = _library.ask("attributes")
        if attributes != self._attributes:
            self._attributes = message["attributes"] = attributes
        message.update({"refused": self._refused} if self._refused else {})
        self._has_recorded = self._is_unfinished = True
        self.is_busy = True
        try:
            # Base code may have looked at something since, so everything may be settled and the snapshot gone. From
            # here on, the snapshot stays.
            is_live = _library.ask("announce") == "live"
            is_awaited = message["awaited"] = is_awaited or not (self._only_records or is_live)
            self._send(message, recorded, opens=True)
        finally:
            self.is_busy = False
        return is_awaited or self._is_careful

    def _introduce(self, message, env):
        """Adds to a message what else the engine must know: its scope, and the environment if it has changed."""
        scope = self.scope or self.new_scope(None)
        message["scope"] = scope.number
        if not scope.is_announced:
            scope.is_announced = True
            message["open"] = {"name": scope.name}
        if env is not self._env and env != self._env:
            message["env"] = env
        self._env = env

    def collect(self, command):
        """Notes that this command builds all its extensions now."""
        self.collecting = command
        # Since the last look at the base code, a project may have replaced it, and changed files unnoticed.
        self._base_of = None
        self._looks_again = True

    def is_fresh(self, target):
        """Returns whether the extension that is being built into this file is up to date. If so, its commands need not
        be recorded."""
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
        """Returns for each target, given after its sources, whether the serial build would find it out of date, or None
        if the serial build would not have made it in this run."""
        targets = [{"path": target, "sources": list(sources)} for sources, target in pairs]
        words = [word for target in targets for word in target["sources"] + [target["path"]]]
        folder = os.getcwd()
        if not self._has_recorded or not is_text([folder] + words):
            return [None] * len(targets)
        # setuptools before 67 compares times in seconds.
        code = getattr(newer_group, "__code__", None)
        seconds = "ST_MTIME" in getattr(code, "co_names", ())
        return self._ask({"type": "outdated", "targets": targets, "cwd": folder, "seconds": seconds})["outdated"]

    def _state_of(self, command, ext, target):
        try:
            if self._base_of is not command:
                self._base_of, self._base = command, _state.base_of(command)
            return self._base and _state.of(command, ext, target, self._base)
        except Exception:
            # Properties of a project's classes may fail when they are read. The build fails too if it needs them.
            return None

    def answers(self, numbers, must_wait):
        """Returns the numbers of those of these calls that are done, each with what functions of this process that
        remember their answers have answered in its copy, as text."""
        return self._ask({"type": "answers", "calls": numbers, "wait": must_wait})["answers"]

    def wait(self):
        """Waits for all commands so far."""
        if self.is_here():
            self._ask({"type": "wait"})

    def finish(self, extensions=None, command=""):
        """Waits for everything and has the engine put the outputs at their final paths.

        With `extensions`, the engine removes what an earlier run of this program made for other extensions by the same
        command. `command` identifies it."""
        if self.is_here() and (self._is_unfinished or (extensions is not None and self._has_recorded)):
            names = None if extensions is None else [_shown(name) for name in extensions]
            self._ask({"type": "finish", "extensions": names, "command": _shown(command)})
            self._is_unfinished = False

    def abandon(self):
        """Abandons everything that is pending."""
        self._has_recorded = self._is_unfinished = False

    def is_here(self):
        """Returns whether this is the session's own process, not a forked child that goes on with its Python frames."""
        return self.pid == _getpid()

    def jobs(self, count):
        """Asks for this number of jobs. A number given to ambidex itself overrides it."""
        self._ask({"type": "jobs", "count": count})

    def close(self):
        """Ends the session with the process."""
        if self.is_here() and not self.client.is_over:
            self.client.is_over = True
            # If the build was interrupted, whatever ends the process has said so.
            with contextlib.suppress(KeyboardInterrupt):
                self.finish()
            self.client.connection.close()

    def catch_up(self):
        """Reads the replies to all requests."""
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
    """Returns the arguments of this process without the interpreter. `sys.argv` may have changed since the start."""
    try:
        with open("/proc/self/cmdline", "rb") as file:
            return [_shown(os.fsdecode(word)) for word in file.read().split(b"\0")[1:-1]]
    except OSError:
        return [_shown(str(arg)) for arg in getattr(sys, "argv", [])]


def _shown(text):
    """Returns the text, with a question mark for each character that can't be encoded."""
    return text.encode("utf-8", "replace").decode()


def is_text(words):
    """Returns whether these words can be sent to the engine, whose messages are text."""
    try:
        "\0".join(words).encode("utf-8")
    except (TypeError, UnicodeEncodeError):
        return False
    return True


def text_of(environment):
    """Returns an environment as it can be sent to the engine, or None if it is not text."""
    try:
        environment = dict(environment)
    except (TypeError, ValueError):
        return None
    return environment if is_text(environment) and is_text(environment.values()) else None


_session = None


def current():
    """Returns the session of this process, or None in a thread other than the main one, in a process that is not
    captured, or in a process that was forked from a captured one."""
    global _session
    if _session is None and os.environ.get("AMBIDEX_SOCKET") and _thread.get_ident() == threading.main_thread().ident:
        try:
            _session = Session()
            atexit.register(_session.close)
        except OSError:
            # The ambidex that started this process has ended: build as if it had never existed.
            del os.environ["AMBIDEX_SOCKET"]
    return existing()


def existing():
    """Returns the session of this process, if there is one already."""
    session = _session
    if session is None or session.is_busy or not session.is_here() or session.thread != _thread.get_ident():
        return None
    return session
