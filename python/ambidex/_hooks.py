"""Where distutils and setuptools start compilers, and lets these starts be told to the engine.

The base code that starts a command runs as it is. Only what it calls to start a process is, while it runs, something
that tells the engine, and ends as the process would: so what is printed, searched and raised is what the base code
prints, searches and raises.
"""

import contextlib
import functools
import os
import posix
import signal
import subprocess
import sys
import types

from ambidex import _library, _session


class _StandIn:
    """Is in a module's place while base code that uses the module starts one command, in the session's thread."""

    def __init__(self, session, module, is_awaited):
        self._session = session
        self._module = module
        self._is_awaited = is_awaited
        self.has_told = False

    def __getattr__(self, name):
        return getattr(self._module, name)

    def _tell(self, argv, env):
        """The exit status of a command; none if it is to be started in earnest."""
        session = self._session
        # Another thread may come here too.
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
    """Stands in for `subprocess`, as far as distutils starts commands by it."""

    def _tell(self, argv, env):
        if argv and not os.path.dirname(argv[0]):
            # As `Popen` does. By that, Python forgets which warnings it has given already.
            os.get_exec_path(env)
        return super()._tell(argv, env)

    @property
    def check_call(self):
        # Its own code raises the error: whoever looks at the traceback finds it there.
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
    """Stands in for `os`, by which distutils started commands before Python 3.9."""

    # No process: this one is not waited for by its number.
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


# What `subprocess.Popen` calls of the system.
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
    """What `subprocess.Popen` starts processes with, if not with `os.posix_spawn`."""
    # It has a name of its own since Python 3.11.
    return getattr(subprocess, "_fork_exec", None) or subprocess._posixsubprocess.fork_exec


_FORK_EXEC = _fork_exec()


def _is_pythons_own(space):
    """Whether Python's own code would start processes, and nothing else notice their ends: what a project has put in
    its place is to have its effect."""
    if signal.getsignal(signal.SIGCHLD) is not signal.SIG_DFL:
        return False
    if "_spawn_posix" in space:
        return (
            space.get("os") is os
            and _is_of(space["_spawn_posix"], space)
            and all(getattr(os, name) is getattr(posix, name) for name in ("fork", "waitpid", "execv", "execve"))
            and all(_is_of(getattr(os, name, None), vars(os)) for name in ("execvp", "_execvpe"))
        )
    return (
        space.get("subprocess") is subprocess
        and all(_is_of(getattr(subprocess, name), vars(subprocess)) for name in ("call", "check_call", "run"))
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


def _is_of(function, space):
    """Whether a function was made by the code of a module. Its name can be borrowed, its globals can't."""
    return isinstance(function, types.FunctionType) and function.__globals__ is space


def _start(session, space, cmd, env, original):
    """Run base code that starts this command."""
    known = session.environment() if env is None else _session.text_of(env)
    is_known = known is not None and isinstance(cmd, (list, tuple)) and cmd and _session.is_text(cmd)
    if session.is_starting or not is_known or not _is_pythons_own(space) or session.client.prints_elsewhere():
        return original()
    session.is_starting = True
    try:
        # Else the library would ask about each look at a file, and the engine have to come to it.
        session.catch_up()
        is_awaited = session.is_to_be_awaited(cmd)
        # Else nothing that comes here would be up to date in the serial build.
        is_deferred = session.building and not session.is_of_probe(cmd)
        announces = is_deferred and _library.is_active and _is_printed(space.get("log"))
        if announces:
            # Without such a stream, or if it is closed, nothing is buffered.
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
                # What was printed announces nothing.
                session.wait()
    finally:
        session.is_starting = False


def _is_printed(log):
    """Whether commands are printed: then so is all that is still in Python's buffer."""
    try:
        return log.isEnabledFor(20) if hasattr(log, "isEnabledFor") else log._global_log.threshold <= log.INFO
    except Exception:
        # It is a project's own.
        return True


class _During:
    """Calls of some kinds go on meanwhile, and belong to a scope, if they are no part of something larger."""

    # No generator: it would leave frames in a project's tracebacks.
    def __init__(self, session, *kinds, scope=None):
        self._session = session
        self._kinds = kinds
        self._scope = scope

    def __enter__(self):
        self._outer = self._session.scope
        if self._outer is None:
            self._session.scope = self._scope
        self._count(1)

    def __exit__(self, *error):
        self._count(-1)
        self._session.scope = self._outer

    def _count(self, step):
        for kind in self._kinds:
            setattr(self._session, kind, getattr(self._session, kind) + step)


def _hooked(original, hook):
    """A method that leaves it to `hook` how the original is run, where there is a session."""

    @functools.wraps(original)
    def method(self, *args, **kwargs):
        session = _session.current()
        run = functools.partial(original, self, *args, **kwargs)
        return run() if session is None else hook(session, run, self, *args, **kwargs)

    return method


# What stands in for which function.
_spawns = {}


def hook_spawn(module):
    """Tell the engine of what this module's `spawn` starts, in compilers and in real work."""
    original, space = module.spawn, vars(module)
    if not _is_of(original, space):
        return

    @functools.wraps(original)
    def spawn(cmd, *args, **kwargs):
        session = _session.existing()
        run = functools.partial(original, cmd, *args, **kwargs)
        if session is None or not (session.compiling or session.working):
            return run()
        is_searched = args[0] if args else kwargs.get("search_path", True)
        more = set(kwargs) - {"search_path", "verbose", "dry_run", "env"}
        if len(args) > 1 or more or kwargs.get("dry_run") or not is_searched:
            return run()
        return _start(session, space, cmd, kwargs.get("env"), run)

    _spawns[original] = module.spawn = spawn


def hook_compiler(module):
    """Tell the engine of the commands of this module's base compiler class, if it has one of its own."""
    spawn = vars(module).get("spawn")
    if isinstance(spawn, types.FunctionType) and spawn in _spawns:
        # It was imported before it was hooked.
        module.spawn = _spawns[spawn]
    cls = getattr(module, "Compiler", None) or getattr(module, "CCompiler", None)
    if cls is None or not _is_of(vars(cls).get("compile"), vars(module)):
        return
    # setuptools 84 moved the start of commands from `spawn` to `call`.
    if "call" in vars(cls):
        cls.call = _hooked(vars(cls)["call"], functools.partial(_call, vars(module)))
    else:
        cls.spawn = _hooked(vars(cls)["spawn"], _spawn)
    cls.compile = _hooked(vars(cls)["compile"], _compile)
    _hook_newer(module, "newer_group", functools.partial(_is_newer, lambda session, target: True))


def _call(space, session, run, compiler, cmd, **kwargs):
    if set(kwargs) - {"env"} or not _is_of(run.func, space):
        return run()
    with _During(session, "compiling"):
        return _start(session, space, cmd, kwargs.get("env"), run)


def _spawn(session, run, *args, **kwargs):
    with _During(session, "compiling"):
        return run()


def _compile(session, run, compiler, sources=(), *args, **kwargs):
    count = len(sources) if isinstance(sources, (list, tuple)) else 0
    with _During(session, "compiling"):
        if session.working:
            with _During(session, *["probing"] * (count == 1 and _is_temporary(sources[0]))):
                return run()
        if count < 2:
            return run()
        # Nothing else is done before all are compiled, side by side.
        with _During(session, scope=session.new_scope(None)):
            with _During(session, "working"):
                result = run()
            session.wait()
        return result


def _is_temporary(source):
    """Whether a source was made to see what the compiler says of it."""
    # Not `gettempdir`: that would make a choice for the project, and tries to write.
    chosen = getattr(sys.modules.get("tempfile"), "tempdir", None)
    try:
        temporary = os.path.abspath(chosen or os.environ.get("TMPDIR") or "/tmp")
        below = [os.path.abspath(source).startswith(os.path.join(path, "")) for path in (temporary, os.getcwd())]
        return below == [True, False]
    except (TypeError, OSError):
        return False


# No file can be below one that is no folder.
_ABSENT = os.path.join(os.path.abspath(__file__), "absent")


def _hook_newer(module, name, newer):
    """Let `newer` say what is out of date while extensions are built: the engine decides that. What this run has made is
    up to date as it is in the serial build (two extensions of one name)."""
    original = getattr(module, name, None)
    if not isinstance(original, types.FunctionType) or original.__globals__ is globals():
        return

    @functools.wraps(original)
    def hooked(*args, **kwargs):
        session = _session.existing()
        if session is None or not session.building or len(args) < 2:
            return original(*args, **kwargs)
        return newer(session, functools.partial(original, **kwargs), *args)

    setattr(module, name, hooked)


def _is_newer(outdated, session, original, sources, target, *args):
    known = session.are_outdated([(sources, target)], original.func)[0]
    if known is not None:
        return known
    # To setuptools 69.5.1, what has no sources is never out of date, not even where it isn't there.
    return original(list(sources), _ABSENT, *args) and outdated(session, target)


def _newer_pairs(session, original, sources, targets):
    """Of sources and targets in pairs, all that this run has not made is out of date."""
    if len(sources) != len(targets):
        return original(sources, targets)
    pairs = list(zip(sources, targets))
    outdated = session.are_outdated(pairs, original.func.__globals__.get("newer_group"))
    pairs = [pair for pair, known in zip(pairs, outdated) if known is not False]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def hook_build_ext(module):
    """Let the engine know what the base build_ext does."""
    cls = module.build_ext
    if not _is_of(vars(cls).get("run"), vars(module)):
        return
    cls.build_extension = _hooked(vars(cls)["build_extension"], _build_extension)
    cls.build_extensions = _hooked(vars(cls)["build_extensions"], _build_extensions)
    cls.run = _hooked(vars(cls)["run"], _run)
    kinds = module.CCompilerError, module.DistutilsError, module.CompileError
    cls._filter_build_errors = _hook_filter_build_errors(vars(cls)["_filter_build_errors"], kinds)
    _hook_newer(module, "newer_group", functools.partial(_is_newer, _is_extension_outdated))


def _is_extension_outdated(session, target):
    """Whether the commands of the extension that is being built have to be recorded. Only where all its code is known
    can it be said without them that they are what they were."""
    command = session.collecting
    if command is None or session.extension is None or getattr(command, "shlib_compiler", None) is not None:
        return True
    return bool(getattr(command.compiler, "dry_run", False)) or not session.is_fresh(target)


def _hook_filter_build_errors(original, kinds):
    """The base loop enters this for each extension: so its name is known also where its build is overridden."""

    @contextlib.contextmanager
    @functools.wraps(original)
    def _filter_build_errors(self, ext):
        session = _session.existing()
        if session is None:
            with original(self, ext):
                yield
            return
        with _of_extension(session, ext):
            try:
                with original(self, ext):
                    yield
            except kinds as error:
                if session.errors is None:
                    raise
                if session.errors:
                    # The first one is printed where the build ends.
                    sys.stderr.write("error: {}\n".format(error))
                session.errors.append(error)

    return _filter_build_errors


def _of_extension(session, ext):
    return _During(session, "building", "working", scope=session.new_scope(str(getattr(ext, "name", None))))


def _build_extension(session, run, command, ext):
    outer, session.extension = session.extension, ext
    try:
        with _of_extension(session, ext):
            return run()
    finally:
        session.extension = outer


def _build_extensions(session, run, command):
    parallel, command.parallel = command.parallel, None
    if parallel:
        session.jobs(0 if parallel is True else parallel)
    outer = session.collecting, session.errors
    session.collect(command)
    session.errors = [] if os.environ.get("AMBIDEX_KEEP_GOING") == "1" else None
    try:
        with _During(session, "building", "working"):
            run()
        if session.errors:
            raise session.errors[0]
    finally:
        session.collecting, session.errors = outer
        if command.parallel is None:
            command.parallel = parallel


def _run(session, run, command):
    try:
        with _During(session, "building", "working"):
            return run()
    except KeyboardInterrupt:
        session.abandon()
        raise
    finally:
        if not session.building:
            # Another command has none.
            extensions = getattr(command, "extensions", ()) or ()
            names = [str(ext.name) for ext in extensions if hasattr(ext, "name")]
            session.finish(names if hasattr(command, "extensions") else None)


def hook_build_clib(module):
    """Let the engine know what the base build_clib does."""
    cls = module.build_clib
    build = vars(cls).get("build_libraries")
    if not _is_of(build, vars(module)):
        return
    cls.build_libraries = _hooked(build, _build_libraries)
    if "run" in vars(cls):
        cls.run = _hooked(vars(cls)["run"], _run)
    _hook_newer(module, "newer_pairwise_group", _newer_pairs)


def _build_libraries(session, run, command, libraries):
    # The base code says what is wrong with others.
    named = [pair[0] for pair in libraries if isinstance(pair, tuple) and pair] if isinstance(libraries, list) else ()
    names = ", ".join(map(str, named)) if named else None
    with _During(session, "building", "working", scope=session.new_scope(names)):
        return run()
