"""Knows how Python's own looks at files, changes of files and starts of processes are noticed while work is pending.

From Python 3.8 on most of them raise audit events (PEP 578); `os.stat` and its kin don't, and before 3.8 nothing
does, so those functions are wrapped. What an access means is decided by the engine; here only the accesses that
can't concern it are passed over.
"""

import builtins
import os
import shutil
import subprocess
import sys
import threading

from ambidex import _session

_WRITE_FLAGS = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_installed = False
_busy = threading.local()


def install():
    """Watch this process from now on."""
    global _installed
    if _installed:
        return
    _installed = True
    _wrap_all()
    if hasattr(sys, "addaudithook"):
        sys.addaudithook(_audit)


def _watching():
    """The session that an access of this thread concerns, if it concerns any."""
    if getattr(_busy, "now", False):
        return None
    session = _session.existing()
    return session if session is not None and session.is_watching() else None


def _tell(tell, argument):
    # What the capture itself opens and asks on the way is not Python's.
    _busy.now = True
    try:
        tell(argument)
    finally:
        _busy.now = False


def _function(function):
    """The function itself, if it was wrapped here."""
    return getattr(function, "_function", function)


def _text(path, dir_fd=None):
    """The path as text, absolute where it is relative to an open folder; none for an open file."""
    if isinstance(path, int) or path is None:
        return None
    try:
        text = os.fsdecode(path)
        text.encode("utf-8")
    except (TypeError, UnicodeEncodeError):
        return None
    if isinstance(dir_fd, int) and dir_fd >= 0 and not os.path.isabs(text):
        # The engine has other open files: it must be told the folder.
        link = _function(os.readlink)("/proc/self/fd/{}".format(dir_fd))
        return os.path.join(link, text)
    return text


def _look(path, dir_fd=None):
    """Python reads a file, or asks whether it is there."""
    session, text = _watching(), _text(path, dir_fd)
    if session is not None and text:
        _tell(session.look, text)


def _look_below(path, dir_fd=None):
    """Python lists a folder."""
    session, text = _watching(), _text("." if path is None else path, dir_fd)
    if session is not None and text:
        _tell(session.listing, text)


def _change(path, dir_fd=None):
    """Python writes, replaces or removes something."""
    session, text = _watching(), _text(path, dir_fd)
    if session is not None and text:
        _tell(session.change, [text])


def _process(argv):
    """Python starts a process of its own."""
    session = _watching()
    if session is None:
        return
    if isinstance(argv, (str, bytes)) or not isinstance(argv, (list, tuple)):
        argv = ["?"]
    _tell(session.process, [_text(word) or "?" for word in argv])


def importing(name):
    """A module is looked for: it may be one whose file is still pending."""
    session = _watching()
    if session is None:
        return
    last = name.rpartition(".")[2]
    if any(pending.partition(".")[0] == last for pending in list(session.names)):
        _process(["?"])


def _is_write(mode, flags):
    if isinstance(mode, str):
        return any(letter in mode for letter in "wax+")
    return isinstance(flags, int) and bool(flags & _WRITE_FLAGS)


def _opened(path, mode=None, flags=0):
    if _is_write(mode, flags):
        _change(path)
    else:
        _look(path)


def _symlink(source, target, dir_fd=None):
    # By its other name the file would not be known as an output.
    source, target = _text(source), _text(target, dir_fd)
    if source and target:
        _look(os.path.join(os.path.dirname(target), source))
        _change(target)


def _two_paths(source, target, source_fd=None, target_fd=None):
    _change(source, source_fd)
    _change(target, target_fd)


_EVENTS = {
    "open": _opened,
    "os.listdir": lambda path=None: _look_below(path),
    "os.scandir": lambda path=None: _look_below(path),
    "os.remove": _change,
    "os.rmdir": _change,
    "os.truncate": lambda path, length=0: _change(path),
    "os.rename": _two_paths,
    "os.link": _two_paths,
    "os.symlink": _symlink,
    "os.chmod": lambda path, mode=0, dir_fd=None: _look(path, dir_fd),
    "os.chown": lambda path, uid=0, gid=0, dir_fd=None: _look(path, dir_fd),
    "os.utime": lambda path, times=None, ns=None, dir_fd=None: _look(path, dir_fd),
    "shutil.rmtree": lambda path, dir_fd=None: _change(path, dir_fd),
    "subprocess.Popen": lambda executable, args=None, cwd=None, env=None: _process(args),
    "os.system": lambda command: _process(["?"]),
    "os.exec": lambda path, args=None, env=None: _process(["?"]),
    "os.fork": lambda: _process(["?"]),
    "os.forkpty": lambda: _process(["?"]),
    "os.spawn": lambda mode, path, args=None, env=None: _process(["?"]),
    "os.posix_spawn": lambda path, argv=None, env=None: _process(["?"]),
    "pty.spawn": lambda argv: _process(["?"]),
    "ctypes.dlopen": lambda name: _look(name),
    # Also raised for the file of an extension module (CPython, `Python/importdl.c`).
    "import": lambda name, file=None, *_: _look(file),
}


def _audit(event, args):
    handler = _EVENTS.get(event)
    if handler is not None and _watching() is not None:
        handler(*args)


class _Wrapped:
    """A function that tells of its call first. An object, since a function would bind as a method of a class."""

    def __init__(self, function, before):
        self._function = function
        self._before = before
        self.__wrapped__ = function
        self.__name__ = getattr(function, "__name__", "")
        self.__doc__ = function.__doc__
        self.__module__ = getattr(function, "__module__", None)

    def __call__(self, *args, **kwargs):
        if _watching() is not None:
            self._before(*args, **kwargs)
        return self._function(*args, **kwargs)

    def __repr__(self):
        return repr(self._function)


def _stat_like(path=None, *_, **kwargs):
    _look(path, kwargs.get("dir_fd"))


def _wrap(module, name, before):
    function = getattr(module, name, None)
    if function is None or isinstance(function, _Wrapped):
        return
    wrapped = _Wrapped(function, before)
    setattr(module, name, wrapped)
    # `os.supports_*` are asked with the function itself (os.py).
    for supports in ("supports_dir_fd", "supports_effective_ids", "supports_fd", "supports_follow_symlinks"):
        functions = getattr(os, supports, ())
        if function in functions:
            functions.add(wrapped)


def _wrap_all():
    for name in ("stat", "lstat", "access", "readlink"):
        _wrap(os, name, _stat_like)
    _wrap(os, "_exit", lambda *_: _process(["?"]))
    # pathlib before 3.10 keeps functions of its own (pathlib.py, `_NormalAccessor`).
    accessor = getattr(sys.modules.get("pathlib"), "_NormalAccessor", None)
    for name in ("stat", "lstat"):
        if accessor is not None and hasattr(accessor, name):
            setattr(accessor, name, staticmethod(getattr(os, name)))
    if not hasattr(sys, "addaudithook"):
        _wrap_unaudited()


def _wrap_unaudited():
    """What audit events tell from Python 3.8 on."""
    import ctypes
    import importlib.machinery
    import io

    opened = _Wrapped(builtins.open, lambda path, mode="r", *_, **__: _opened(path, mode))
    builtins.open = io.open = opened
    _wrap(os, "open", lambda path, flags, *_, **__: _opened(path, None, flags))
    for name in ("listdir", "scandir"):
        _wrap(os, name, lambda path=".", *_: _look_below(path))
    for name in ("remove", "unlink", "rmdir", "truncate"):
        _wrap(os, name, lambda path, *_, **kwargs: _change(path, kwargs.get("dir_fd")))
    for name in ("rename", "replace", "link"):
        _wrap(os, name, _two_named_paths)
    _wrap(os, "symlink", lambda source, target, *_, **kwargs: _symlink(source, target, kwargs.get("dir_fd")))
    for name in ("chmod", "chown", "utime"):
        _wrap(os, name, lambda path, *_, **kwargs: _look(path, kwargs.get("dir_fd")))
    _wrap(shutil, "rmtree", lambda path, *_, **__: _change(path))
    for name in ("system", "fork", "forkpty", "execv", "execve"):
        _wrap(os, name, lambda *_, **__: _process(["?"]))
    create = importlib.machinery.ExtensionFileLoader.create_module

    def create_module(self, spec):
        _look(spec.origin)
        return create(self, spec)

    importlib.machinery.ExtensionFileLoader.create_module = create_module
    _wrap(ctypes, "_dlopen", lambda name, *_: _look(name))
    start = subprocess.Popen.__init__

    def popen(self, args, *rest, **kwargs):
        if _watching() is not None:
            _process(args)
        start(self, args, *rest, **kwargs)

    popen.__wrapped__ = start
    subprocess.Popen.__init__ = popen


def _two_named_paths(source, target, *_, **kwargs):
    _two_paths(source, target, kwargs.get("src_dir_fd"), kwargs.get("dst_dir_fd"))
