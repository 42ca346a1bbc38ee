"""Knows how calls of an overridden `build_extension` run ahead of one another, and come out as if they had not.

Each call is a *lane*: a thread with its own copies of the command and its compiler, and its own session, so its own
program order and renamed outputs. One lane runs at a time; it hands on the baton only where it would block. Lanes
start and retire in program order. A lane that is not yet the oldest may record commands and read files; anything
else that Python does to the outside waits until it is the oldest. What a lane has read is checked when it retires:
if it was changed since, or an earlier call has left the shared command changed, the call is made again, serially.
"""

import os
import stat
import sys
import tempfile
import threading

from ambidex import _session, _shared, _watch

# How many lanes may have been started and not be retired: enough for many jobs, few enough for threads.
_AHEAD = 64


class _Main:
    """The base loop's own thread, as a holder of the baton."""

    index = -1

    def __init__(self, command):
        self.command = command
        self.cwd = os.getcwd()
        self.environment = dict(os.environ)


class _Baton:
    """Held by the one lane that runs, or by the base loop. Lanes that wait for it get it in program order."""

    def __init__(self, command, reach, own):
        self.changed = threading.Condition()
        self.main = _Main(command)
        self.holder = self.main
        self.waiting = set()
        self.oldest = 0
        self._reach = reach
        self._own = own
        # Lanes from this one on run serially.
        self.serial_from = len(command.extensions)
        self.watch()
        # Asked for here, since finding it takes a lock and opens files.
        self.temporary = os.path.realpath(tempfile.gettempdir()) + os.sep
        self._command = command
        # Other commands ask for this one by its name: they get the one of the lane that runs.
        objects = command.distribution.command_obj
        self._names = [name for name, known in objects.items() if known is command]

    def watch(self):
        """What the calls share is to stay as it is now."""
        self.shared = _shared.Snapshot(self._reach.roots, self._own)

    def take(self, lane):
        """Wait until it is the lane's turn to run."""
        with self.changed:
            self.waiting.add(lane.index)
            while self.holder is not None or min(self.waiting) != lane.index:
                self.changed.wait()
            self.waiting.discard(lane.index)
            self.holder = lane
        self._enter(lane)

    def give(self, lane):
        """Let another one run."""
        lane.cwd = os.getcwd()
        lane.environment = dict(os.environ)
        self._present(self._command)
        if lane is not self.main and not self.shared.is_same():
            if lane.session.certain:
                # As in the serial build; but who runs ahead has not seen it.
                self.serial_from = min(self.serial_from, lane.index + 1)
                self.watch()
            else:
                self.shared.put_back()
                self.serial_from = min(self.serial_from, lane.index)
                lane.session.spoiled = True
        with self.changed:
            self.holder = None
            self.changed.notify_all()

    def lend(self, ready):
        """Let lanes run until the base loop is wanted: `ready` is asked whenever nobody holds the baton."""
        self.give(self.main)
        with self.changed:
            while self.holder is not None or not ready():
                self.changed.wait()
            self.holder = self.main
        self._enter(self.main)

    def wait_to_be_oldest(self, lane):
        """Wait until all lanes before this one are retired."""
        if self.oldest == lane.index:
            return
        self.give(lane)
        with self.changed:
            while self.oldest != lane.index:
                self.changed.wait()
        self.take(lane)

    def retired(self):
        """The oldest lane has ended, and its results are merged."""
        with self.changed:
            self.oldest += 1
            self.changed.notify_all()

    def _enter(self, lane):
        # What belongs to the process is the lane's own while it runs.
        if os.getcwd() != lane.cwd:
            os.chdir(lane.cwd)
        if dict(os.environ) != lane.environment:
            os.environ.clear()
            os.environ.update(lane.environment)
        self._present(lane.command)

    def _present(self, command):
        for name in self._names:
            self._command.distribution.command_obj[name] = command


class _Again(BaseException):
    """Ends a call that has read what is not so any more. It has had no effect, and is made again."""


class _LaneSession(_session.Session):
    """A lane's conversation: it blocks without the baton, and waits for its turn before it changes anything."""

    def __init__(self, lane, program):
        super().__init__(lane_of=program)
        self._lane = lane
        # What the lane has looked at, and what was there then.
        self._looked = {}
        # What it has made itself.
        self._made = set()
        # Whether it is known to have read what the serial build would have read: from its start if nobody was
        # before it, else from when it was checked.
        self.certain = lane.started_behind == lane.index
        # Whether it has changed what calls share before its turn had come.
        self.spoiled = False

    def is_watching(self):
        return True

    def _learn(self, outputs):
        super()._learn(outputs)
        self._made.update(map(os.path.basename, outputs))

    def wait(self, scope):
        self.flush()
        baton = self._lane.baton
        baton.give(self._lane)
        try:
            return super().wait(scope)
        finally:
            baton.take(self._lane)
            if self.spoiled:
                raise _Again()

    def look(self, path):
        self.flush()
        if os.path.basename(path.rstrip("/")) in self.names:
            self._have_turn()
            super().look(path)
        elif not self._is_oldest() and not self._is_temporary(path):
            self._looked.setdefault(os.path.abspath(path), _state(path))

    def listing(self, path):
        # The import system lists folders all the time; a module that is pending is noticed by its name.
        if not _is_importing():
            self._have_turn()
            super().listing(path)

    def change(self, paths):
        if all(self._is_temporary(path) for path in paths):
            self.force("change", paths, private=True)
            return
        self._have_turn()
        self._made.update(os.path.basename(path) for path in paths)
        super().change(paths)

    def process(self, argv):
        self._have_turn()
        super().process(argv)

    def _have_turn(self):
        """Wait until what this lane does counts: it is the oldest, and all that it has read holds."""
        # Whoever imports holds a lock that an earlier lane may need before this one can be the oldest. What an
        # import does to the outside, it would do as well in the call that came to it first.
        if self.certain or _is_importing():
            return
        self._lane.baton.wait_to_be_oldest(self._lane)
        if self.spoiled or not self.holds():
            raise _Again()

    def _is_temporary(self, path):
        """Whether this is a file of the lane's own: temporary, and no part of the project."""
        path = os.path.realpath(path)
        return path.startswith(self._lane.baton.temporary) and not path.startswith(self._lane.baton.main.cwd + os.sep)

    def holds(self):
        """Whether the oldest lane has read nothing that was changed since."""
        if not self.certain:
            for path, state in self._looked.items():
                now = _state(path)
                # Folders are made by whoever comes first; files that the lane has made itself are no surprise.
                if now not in (state, _FOLDER) and os.path.basename(path) not in self._made:
                    return False
            self.certain = self.ask({"type": "check"})["holds"]
        return self.certain

    def _is_oldest(self):
        return self._lane.baton.oldest == self._lane.index


_FOLDER = "a folder"


def _state(path):
    try:
        data = os.stat(path)
    except (OSError, ValueError):
        return None
    return _FOLDER if stat.S_ISDIR(data.st_mode) else (data.st_ino, data.st_size, data.st_mtime_ns)


def _is_importing():
    frame = sys._getframe()
    while frame is not None:
        if frame.f_code.co_name == "_find_and_load" and "importlib" in frame.f_code.co_filename:
            return True
        frame = frame.f_back
    return False


def _copied(thing):
    """A copy whose attributes, and the lists, sets and dicts among them, can be changed without the original."""
    copy = object.__new__(type(thing))
    vars(copy).update(_attributes(thing))
    return copy


def _attributes(thing):
    """The attributes as they are now."""
    plain = (list, dict, set)
    return {name: type(v)(v) if type(v) in plain else v for name, v in vars(thing).items()}


def _changes(before, after):
    """The attributes that differ."""
    absent = object()
    names = set(before) | set(after)
    return {name for name in names if not _same(before.get(name, absent), after.get(name, absent))}


def _same(one, other):
    if one is other:
        return True
    try:
        return type(one) is type(other) and bool(one == other)
    except Exception:
        # Something that can't be compared is not known to be the same.
        return False


# Set by the base method in each call, and overwritten in the next (distutils, `build_ext.build_extension`).
_PASSING = {"_built_objects"}


class _Lane(threading.Thread):
    """One call of `build_extension`."""

    def __init__(self, index, baton, shared, ext, program):
        super().__init__(daemon=True, name="ambidex-{}".format(ext.name))
        self.index = index
        self.baton = baton
        self.shared = shared
        self.ext = ext
        self.command = _copied(shared)
        self.command.compiler = _copied(shared.compiler)
        self.before = _attributes(shared), _attributes(shared.compiler)
        self.own = _shared.Snapshot([ext])
        self.cwd = baton.main.cwd
        self.environment = baton.main.environment
        self.error = None
        self.ended = False
        # How many lanes had been retired when this one was started.
        self.started_behind = baton.oldest
        self.session = _LaneSession(self, program)
        self.session.building = ext.name
        self.session.collecting = self.command

    def run(self):
        _session.adopt(self.session)
        self.baton.take(self)
        try:
            self.command.build_extension(self.ext)
        except BaseException as error:
            self.error = error
        finally:
            self.ended = True
            self.baton.give(self)

    def merge(self):
        """Give the shared command what the call has left changed. Returns the names of it."""
        left = set()
        for before, now, shared in (
            (self.before[0], self.command, self.shared),
            (self.before[1], self.command.compiler, self.shared.compiler),
        ):
            changed = _changes(before, _attributes(now)) - {"compiler"}
            for name in changed:
                if name in vars(now):
                    setattr(shared, name, vars(now)[name])
                else:
                    delattr(shared, name)
            left |= changed - _PASSING
        main = self.baton.main
        if (self.cwd, self.environment) != (main.cwd, main.environment):
            left.add("the process's folder or environment")
            os.chdir(self.cwd)
            os.environ.clear()
            os.environ.update(self.environment)
        return left


def build(session, command):
    """Do what the base loop does: call `build_extension` for each extension, with its errors in program order.

    Returns whether it was done; not where calls may share what can't be watched.
    """
    command.check_extensions_list(command.extensions)
    extensions = list(command.extensions)
    try:
        reach = _shared.Reach(command, extensions)
        baton = _Baton(command, reach, _own(command, extensions, reach))
    except _shared.TooBold as reason:
        if os.environ.get("AMBIDEX_VERBOSE"):
            sys.stderr.write("note: extensions are built one behind the other: they may share {}\n".format(reason))
        return False
    session.process(["?"])
    _watch.install()
    lanes = {}

    def can_start():
        return baton.oldest + len(lanes) < baton.serial_from and len(lanes) < _AHEAD

    def is_wanted():
        oldest = lanes.get(baton.oldest)
        return oldest is None or oldest.ended or (not baton.waiting and can_start())

    try:
        while baton.oldest < len(extensions):
            index = baton.oldest
            lane = lanes.get(index)
            if baton.serial_from < len(extensions):
                _abandon(session, {n: lanes.pop(n) for n in sorted(lanes) if n >= max(baton.serial_from, index)})
                lane = lanes.get(index)
            if index >= baton.serial_from:
                _call(command, extensions[index])
                baton.retired()
            elif lane is not None and lane.ended:
                del lanes[index]
                if _retire(lane, command, session):
                    # Whatever runs ahead has started without what this call has changed.
                    baton.serial_from = min(baton.serial_from, index + 1)
                baton.retired()
            else:
                if can_start() and not baton.waiting:
                    following = index + len(lanes)
                    lane = _Lane(following, baton, command, extensions[following], session.program)
                    lanes[following] = lane
                    baton.waiting.add(following)
                    lane.start()
                baton.lend(is_wanted)
    finally:
        # The base loop keeps the baton, so that none of them ever runs again.
        _abandon(session, lanes)
    return True


def _retire(lane, command, session):
    """End a lane whose turn has come. Returns whether its call has left the shared command changed."""
    if isinstance(lane.error, _Again) or lane.session.spoiled or not lane.session.holds():
        _abandon(session, {lane.index: lane})
        _call(command, lane.ext)
        # What the call shares with others is seen only in lanes.
        return True
    lane.session.ask({"type": "retire"})
    lane.session.client.close()
    left = lane.merge()
    if left and os.environ.get("AMBIDEX_VERBOSE"):
        what = ", ".join(sorted(left))
        sys.stderr.write("note: extension '{}' leaves {} changed; the rest runs serially\n".format(lane.ext.name, what))
    with command._filter_build_errors(lane.ext):
        if lane.error is not None:
            raise lane.error
    return bool(left)


def _call(command, ext):
    with command._filter_build_errors(ext):
        command.build_extension(ext)


def _abandon(session, lanes):
    """Nothing of these lanes is wanted: their commands are ended, and they never get the baton again."""
    for lane in lanes.values():
        session.ask({"type": "abandon", "program": lane.session.program})
        lane.session.unlearn()
        lane.own.put_back()


def _holds(container, each):
    values = container.values() if isinstance(container, dict) else container
    return any(id(value) in each for value in values)


def _own(command, extensions, reach):
    """What belongs to one extension alone: its call may change it. Known by the identities of the things."""
    each = set(map(id, extensions))
    known = list(vars(command).values()) + list(vars(command.distribution).values())
    lists = {id(value) for value in known if isinstance(value, (list, dict)) and _holds(value, each)}
    snapshot = _shared.Snapshot(reach.roots, each | lists)
    if snapshot.met & each:
        raise _shared.TooBold("the list of extensions")
    shared = snapshot.ids()
    seen = set()
    for ext in extensions:
        things = _shared.Snapshot([ext]).ids()
        shared |= seen & things
        seen |= things
    return seen - shared
