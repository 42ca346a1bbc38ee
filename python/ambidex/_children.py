"""Knows how the Pythons that a captured process starts come to be captured, whatever environment they are given.

Tools that build in isolation replace PYTHONPATH for what they start (pip, `build_env.py`), and test runners pass on
only the variables that they know. What is missing is put back where the child is started.
"""

import os

# The folder with `sitecustomize.py`; on PYTHONPATH it makes a Python a captured one.
_folder = None


def with_capture(env):
    """The environment, or a copy of it in which a child is captured, if this process still is."""
    socket = os.environ.get("AMBIDEX_SOCKET")
    try:
        changed = dict(os.environ if env is None else env)
    except (TypeError, ValueError):
        # No environment; whoever starts the child says so.
        return env
    if not socket or _folder is None:
        return env
    # Names and values may be bytes too (subprocess.py, `_execute_child`).
    path = os.fsdecode(changed.pop(b"PYTHONPATH", changed.get("PYTHONPATH", "")))
    first = path.split(os.pathsep, 1)[0]
    if first == _folder and changed.get("AMBIDEX_SOCKET") == socket:
        return env
    changed["AMBIDEX_SOCKET"] = socket
    if first != _folder:
        changed["PYTHONPATH"] = _folder + os.pathsep + path if path else _folder
    return changed


class _Start:
    """A function of `os` that starts a program. An object, since a function would bind as a method of a class."""

    def __init__(self, function, call):
        self._function = function
        self._call = call
        self.__wrapped__ = function
        self.__name__ = function.__name__
        self.__doc__ = function.__doc__
        self.__module__ = function.__module__

    def __call__(self, *args, **kwargs):
        return self._call(self._function, *args, **kwargs)

    def __repr__(self):
        return repr(self._function)


def _with_env(function, path, argv, env, *args, **kwargs):
    return function(path, argv, with_capture(env), *args, **kwargs)


def _without_env(function, path, argv):
    env = with_capture(None)
    return function(path, argv) if env is None else os.execve(path, argv, env)


def install(folder):
    """Hook the starts of programs in `os`; `subprocess` is hooked when it is imported."""
    global _folder
    _folder = folder
    # The others of `os` come down to these (os.py, `_execvpe` and `_spawnvef`).
    for name, call in (
        ("execve", _with_env),
        ("posix_spawn", _with_env),
        ("posix_spawnp", _with_env),
        ("execv", _without_env),
    ):
        function = getattr(os, name, None)
        if function is not None:
            wrapped = _Start(function, call)
            setattr(os, name, wrapped)
            # It is asked with the function itself (os.py).
            if function in os.supports_fd:
                os.supports_fd.add(wrapped)


def hook_subprocess(module):
    """Hook the start of programs by `subprocess`."""
    start = module.Popen._execute_child

    def _execute_child(self, args, executable, preexec_fn, close_fds, pass_fds, cwd, env, *rest):
        start(self, args, executable, preexec_fn, close_fds, pass_fds, cwd, with_capture(env), *rest)

    module.Popen._execute_child = _execute_child
