"""Hooks the methods with which distutils and setuptools start compilers, so that the engine learns of each start.

The base code runs unchanged. While it does, the code in `_spawn.py` stands in for the start of a process.
"""

import contextlib
import functools
import os
import sys
import types

from ambidex import _session
from ambidex._spawn import is_of, start


class _During:
    """Calls of some kinds that are in progress, in a scope of their own unless an outer call has one."""

    # Not a generator, which would leave frames in a project's tracebacks.
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
    """Returns a method that lets `hook` run the original if there is a session."""

    @functools.wraps(original)
    def method(self, *args, **kwargs):
        session = _session.current()
        run = functools.partial(original, self, *args, **kwargs)
        return run() if session is None else hook(session, run, self, *args, **kwargs)

    return method


# The replacement of each original `spawn`.
_spawns = {}


def hook_spawn(module):
    """Reports to the engine the commands that this module's `spawn` starts, in compilers and in real work."""
    original, space = module.spawn, vars(module)
    if not is_of(original, space):
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
        return start(session, space, cmd, kwargs.get("env"), run)

    _spawns[original] = module.spawn = spawn


def hook_compiler(module):
    """Reports to the engine the commands of this module's base compiler class, if it has one of its own."""
    spawn = vars(module).get("spawn")
    if isinstance(spawn, types.FunctionType) and spawn in _spawns:
        # This module imported `spawn` before it was hooked.
        module.spawn = _spawns[spawn]
    cls = getattr(module, "Compiler", None) or getattr(module, "CCompiler", None)
    if cls is None or not is_of(vars(cls).get("compile"), vars(module)):
        return
    # setuptools 84 moved the start of commands from `spawn` to `call`.
    if "call" in vars(cls):
        cls.call = _hooked(vars(cls)["call"], functools.partial(_call, vars(module)))
    else:
        cls.spawn = _hooked(vars(cls)["spawn"], _spawn)
    cls.compile = _hooked(vars(cls)["compile"], _compile)
    _hook_newer(module, "newer_group", functools.partial(_is_newer, lambda session, target: True))


def _call(space, session, run, compiler, cmd, **kwargs):
    if set(kwargs) - {"env"} or not is_of(run.func, space):
        return run()
    with _During(session, "compiling"):
        return start(session, space, cmd, kwargs.get("env"), run)


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
        # Python does nothing else before all sources are compiled, in parallel.
        with _During(session, scope=session.new_scope(None)):
            with _During(session, "working"):
                result = run()
            session.wait()
        return result


def _is_temporary(source):
    """Returns whether a source was made only to see what the compiler says about it."""
    # Not `gettempdir`, which would make a choice for the project, and tries to write.
    chosen = getattr(sys.modules.get("tempfile"), "tempdir", None)
    try:
        temporary = os.path.abspath(chosen or os.environ.get("TMPDIR") or "/tmp")
        below = [os.path.abspath(source).startswith(os.path.join(path, "")) for path in (temporary, os.getcwd())]
        return below == [True, False]
    except (TypeError, OSError):
        return False


# No path below a file can exist.
_ABSENT = os.path.join(os.path.abspath(__file__), "absent")


def _hook_newer(module, name, newer):
    """Lets the engine decide what is out of date while extensions are built. A file that this run has made counts as up
    to date if it would be in the serial build (two extensions of one name)."""
    original = getattr(module, name, None)
    function = _function_of(original)
    if not isinstance(function, types.FunctionType) or function.__globals__ is globals():
        return

    @functools.wraps(original)
    def hooked(*args, **kwargs):
        session = _session.existing()
        # A project may ask about files of its own.
        is_bases = sys._getframe(1).f_globals is vars(module)
        if session is None or not session.building or len(args) < 2 or not is_bases:
            return original(*args, **kwargs)
        return newer(session, functools.partial(original, **kwargs), *args)

    setattr(module, name, hooked)


def _function_of(value):
    """Returns the function itself of one with given arguments (setuptools, `_distutils/_modified.py`)."""
    while isinstance(value, functools.partial):
        value = value.func
    return value


def _is_newer(outdated, session, original, sources, target, *args):
    known = session.are_outdated([(sources, target)], original.func)[0]
    if known is not None:
        return known
    # A missing target is out of date, and so is one with a missing source if that counts as newer. For setuptools
    # 69.5.1, a target without sources never is. Otherwise, sources that are not made yet must not be looked at.
    sources = list(sources)
    is_outdated = bool(sources and args == ("newer",)) or original(sources, _ABSENT, *args)
    return is_outdated and outdated(session, target)


def _newer_pairs(session, original, sources, targets):
    """Returns the pairs of sources and targets that are out of date. A target that this run has not made always is."""
    if len(sources) != len(targets):
        return original(sources, targets)
    pairs = list(zip(sources, targets))
    outdated = session.are_outdated(pairs, _function_of(original).__globals__.get("newer_group"))
    pairs = [pair for pair, known in zip(pairs, outdated) if known is not False]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


def hook_build_ext(module):
    """Tells the engine what the base build_ext does."""
    cls = module.build_ext
    if not is_of(vars(cls).get("run"), vars(module)):
        return
    cls.build_extension = _hooked(vars(cls)["build_extension"], _build_extension)
    cls.build_extensions = _hooked(vars(cls)["build_extensions"], _build_extensions)
    cls.run = _hooked(vars(cls)["run"], _run)
    kinds = module.CCompilerError, module.DistutilsError, module.CompileError
    cls._filter_build_errors = _hook_filter_build_errors(vars(cls)["_filter_build_errors"], kinds)
    _hook_newer(module, "newer_group", functools.partial(_is_newer, _is_extension_outdated))


def _is_extension_outdated(session, target):
    """Returns whether the commands of the extension that is being built must be recorded. If not all of the
    extension's code is known, only recording them shows whether they are unchanged."""
    command = session.collecting
    if command is None or session.extension is None or getattr(command, "shlib_compiler", None) is not None:
        return True
    return bool(getattr(command.compiler, "dry_run", False)) or not session.is_fresh(target)


def _hook_filter_build_errors(original, kinds):
    """Hooks what the base loop enters for each extension, so that its name is known even if its build is overridden."""

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
                    # The first error is printed when the build ends.
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
            # Other commands have no extensions.
            extensions = getattr(command, "extensions", ()) or ()
            names = [str(ext.name) for ext in extensions if hasattr(ext, "name")]
            session.finish(names if hasattr(command, "extensions") else None, _identity(command))
            translate = sys.modules.get("ambidex._translate")
            if translate is not None and hasattr(command, "extensions"):
                translate.remember_use()


def _identity(command):
    """Returns what tells a command that builds extensions from others of the same program: a program may build and use
    one module before it builds the rest."""
    names = ("build_lib", "build_temp", "inplace", "plat_name", "debug")
    project = getattr(getattr(command, "distribution", None), "metadata", None)
    parts = [getattr(project, "name", None)] + [getattr(command, name, None) for name in names]
    return "\n".join(str(part) for part in parts if part is None or type(part) in (str, int, bool))


def hook_build_clib(module):
    """Tells the engine what the base build_clib does."""
    cls = module.build_clib
    build = vars(cls).get("build_libraries")
    if not is_of(build, vars(module)):
        return
    cls.build_libraries = _hooked(build, _build_libraries)
    if "run" in vars(cls):
        cls.run = _hooked(vars(cls)["run"], _run)
    _hook_newer(module, "newer_pairwise_group", _newer_pairs)


def _build_libraries(session, run, command, libraries):
    # The base code reports what is wrong with any others.
    named = [pair[0] for pair in libraries if isinstance(pair, tuple) and pair] if isinstance(libraries, list) else ()
    names = ", ".join(map(str, named)) if named else None
    with _During(session, "building", "working", scope=session.new_scope(names)):
        return run()
