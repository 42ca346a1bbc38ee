"""Reports a command to the engine when the base code of distutils starts it.

The base code that starts a command runs unchanged. Only the functions that it calls to start a process are replaced
while it runs: the stand-ins tell the engine, and end as the process would. So everything that is printed, searched and
raised is what the base code prints, searches and raises.
"""

import contextlib
import os
import posix
import signal
import subprocess
import sys
import types

from ambidex import _library, _session


class _StandIn:
    """The replacement of a module while base code that uses it starts one command, in the session's thread."""

    def __init__(self, session, module, is_awaited):
        self._session = session
        self._module = module
        self._is_awaited = is_awaited
        self.has_told = False

    def __getattr__(self, name):
        return getattr(self._module, name)

    def _tell(self, argv, env):
        """Tells the engine of a command. Returns its exit status, or None if the process must really be started."""
        session = self._session
        # Another thread may get here too.
        if self.has_told or _session.existing() is not session:
            return None
        try:
            folder = os.getcwd()
        except OSError:
            return None
        env = session.environment() if env is None else _session.text_of(env)
        if env is None or not _session.is_text(argv) or not _session.is_text([folder]):
            return None
        self.has_told = True
        return session.record(argv, folder, env, self._is_awaited)


class _Subprocess(_StandIn):
    """The stand-in for `subprocess`, as far as distutils starts commands with it."""

    def _tell(self, argv, env):
        if argv and not os.path.dirname(argv[0]):
            # As `Popen` does. This makes Python forget which warnings it has already given.
            os.get_exec_path(env)
        return super()._tell(argv, env)

    @property
    def check_call(self):
        # Its own code raises the error, so code that looks at the traceback finds it there.
        space = dict(vars(self._module), call=self._call)
        return types.FunctionType(self._module.check_call.__code__, space)

    def _call(self, cmd, env=None):
        status = self._tell(cmd, env)
        return self._module.call(cmd, env=env) if status is None else status

    def Popen(self, cmd, env=None):
        status = self._tell(cmd, env)
        if status is None:
            return self._module.Popen(cmd, env=env)
        return types.SimpleNamespace(returncode=status, wait=lambda: status)


class _Os(_StandIn):
    """The stand-in for `os`, with which distutils started commands before Python 3.9."""

    # Not a real process: `waitpid` does not wait for it.
    _CHILD = -2

    def __init__(self, session, module, is_awaited, argv):
        super().__init__(session, module, is_awaited)
        self._argv = argv
        self._status = None

    def fork(self):
        self._status = self._tell(self._argv, None)
        return self._module.fork() if self._status is None else self._CHILD

    def waitpid(self, pid, options):
        if pid != self._CHILD:
            return self._module.waitpid(pid, options)
        return pid, self._status << 8 if self._status >= 0 else -self._status


# The system functions that `subprocess.Popen` calls.
_CALLED = [
    (name, getattr(posix, name))
    for name in {
        name
        for method in vars(subprocess.Popen).values()
        if isinstance(method, types.FunctionType)
        for name in method.__code__.co_names
    }
    if isinstance(getattr(posix, name, None), types.BuiltinFunctionType)
]


def _fork_exec():
    """Returns the function with which `subprocess.Popen` starts processes, if not with `os.posix_spawn`."""
    # `subprocess` has a name for it since Python 3.11.
    return getattr(subprocess, "_fork_exec", None) or subprocess._posixsubprocess.fork_exec


_FORK_EXEC = _fork_exec()


def _is_pythons_own(space):
    """Returns whether Python's own code would start processes, and nothing else would notice their ends: a project's
    replacement of that code must take effect."""
    if signal.getsignal(signal.SIGCHLD) is not signal.SIG_DFL:
        return False
    if "_spawn_posix" in space:
        return (
            space.get("os") is os
            and is_of(space["_spawn_posix"], space)
            and all(getattr(os, name) is getattr(posix, name) for name in ("fork", "waitpid", "execv", "execve"))
            and all(is_of(getattr(os, name, None), vars(os)) for name in ("execvp", "_execvpe"))
        )
    return (
        space.get("subprocess") is subprocess
        and all(is_of(getattr(subprocess, name), vars(subprocess)) for name in ("call", "check_call", "run"))
        and isinstance(subprocess.Popen, type)
        and subprocess.Popen.__bases__ == (object,)
        and all(getattr(os, name) is function for name, function in _CALLED)
        and _fork_exec() is _FORK_EXEC
        and all(
            function.__globals__ is vars(subprocess) or function.__globals__ is vars(contextlib)
            for function in vars(subprocess.Popen).values()
            if isinstance(function, types.FunctionType)
        )
    )


def is_of(function, space):
    """Returns whether the code of a module made a function. Its name can be borrowed, its globals can't."""
    return isinstance(function, types.FunctionType) and function.__globals__ is space


def start(session, space, cmd, env, original):
    """Runs base code that starts this command."""
    known = session.environment() if env is None else _session.text_of(env)
    is_known = known is not None and isinstance(cmd, (list, tuple)) and cmd and _session.is_text(cmd)
    if session.is_starting or not is_known or not _is_pythons_own(space) or session.client.prints_elsewhere():
        return original()
    session.is_starting = True
    try:
        # Otherwise the library would ask about each look at a file, and wait until the engine gets to the question.
        session.catch_up()
        is_awaited = session.is_to_be_awaited(cmd)
        # Any other command that gets here would never be up to date in the serial build.
        is_deferred = session.building and not session.is_of_probe(cmd)
        announces = is_deferred and _library.is_active and _is_printed(space.get("log"))
        if announces:
            # If the stream is missing or closed, nothing is buffered.
            with contextlib.suppress(AttributeError, ValueError, OSError):
                sys.stdout.flush()
            session.announce()
        if "_spawn_posix" in space:
            name, stand_in = "os", _Os(session, os, is_awaited, list(cmd))
        else:
            name, stand_in = "subprocess", _Subprocess(session, subprocess, is_awaited)
        module, space[name] = space[name], stand_in
        try:
            return original()
        finally:
            if space.get(name) is stand_in:
                space[name] = module
            if announces and not stand_in.has_told:
                # The printed text announces no command.
                session.wait()
    finally:
        session.is_starting = False


def _is_printed(log):
    """Returns whether commands are printed, and with them everything that is still in Python's buffer."""
    try:
        return log.isEnabledFor(20) if hasattr(log, "isEnabledFor") else log._global_log.threshold <= log.INFO
    except Exception:
        # The log is a project's own.
        return True
