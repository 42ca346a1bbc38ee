"""Knows where distutils and setuptools start compilers, and defers those starts.

Three levels, after the design: commands of the base `build_extension` and `build_libraries` are recorded (L1),
those of a `compile()` elsewhere run side by side until it returns (L2), any other is run at once (L3).
"""

import contextlib
import functools
import importlib
import os
import subprocess
import types

from ambidex import _lanes, _session, _shared, _watch

_COMMANDS = "distutils.command.", "setuptools._distutils.command.", "setuptools.command."
# An override of build_extension in one of these adds nothing that looks at results or catches errors.
_BASE_BUILD_EXT = {prefix + "build_ext" for prefix in _COMMANDS} | {
    "Cython.Distutils.build_ext",
    "Cython.Distutils.old_build_ext",
}
_BASE_BUILD_CLIB = {prefix + "build_clib" for prefix in _COMMANDS}
_BASE_COMPILER = {
    root + name
    for root in ("distutils.", "setuptools._distutils.")
    for name in ("ccompiler", "unixccompiler", "compilers.C.base", "compilers.C.unix")
} | {"setuptools.command.build_ext"}
_COMPILER_METHODS = (
    "compile",
    "_compile",
    "link",
    "link_shared_object",
    "link_shared_lib",
    "link_executable",
    "create_static_lib",
    "spawn",
    "call",
)


def _is_base(owner, names, modules):
    """Whether none of these methods was replaced on the object, its class, or a class between it and the base."""
    own = vars(owner)
    for name in names:
        if name in own and getattr(own[name], "__module__", None) not in modules:
            return False
        for cls in type(owner).__mro__:
            method = vars(cls).get(name)
            if method is not None and getattr(method, "__module__", None) not in modules:
                return False
    return True


def _starts_transparently(owner):
    """Whether a start of a command by this compiler can be deferred: every method on the way is a base one, or one
    of the project's that could not notice, since nothing in it can catch an error."""
    own = vars(owner)
    for name in _COMPILER_METHODS:
        methods = [own[name]] if name in own else []
        methods.extend(vars(cls)[name] for cls in type(owner).__mro__ if name in vars(cls))
        for method in methods:
            if getattr(method, "__module__", None) not in _BASE_COMPILER and not _catches_nothing(method, owner):
                return False
    return True


# The instructions by which an error is caught: before Python 3.11 and since.
_HANDLERS = {"SETUP_FINALLY", "SETUP_EXCEPT", "SETUP_WITH", "SETUP_ASYNC_WITH", "PUSH_EXC_INFO"}
_known_to_catch_nothing = {}


def _catches_nothing(method, owner):
    """Whether neither this function nor one that it names, except Python's own, has a `try` or a `with`."""
    function = getattr(method, "__func__", method)
    if not isinstance(function, types.FunctionType):
        return False
    key = function.__code__, type(owner)
    if key not in _known_to_catch_nothing:
        # For a function that calls itself.
        _known_to_catch_nothing[key] = True
        _known_to_catch_nothing[key] = all(
            not _has_handler(code) and all(_name_catches_nothing(name, function, owner) for name in code.co_names)
            for code in _shared.codes(function.__code__)
        )
    return _known_to_catch_nothing[key]


def _has_handler(code):
    import dis

    return any(instruction.opname in _HANDLERS for instruction in dis.get_instructions(code))


def _name_catches_nothing(name, function, owner):
    for value in (function.__globals__.get(name), getattr(type(owner), name, None)):
        value = getattr(value, "__func__", value)
        if isinstance(value, types.FunctionType) and value.__module__ not in _BASE_COMPILER:
            if not _shared.is_of_python(value.__module__) and not _catches_nothing(value, owner):
                return False
    return True


def _root(module):
    return "setuptools._distutils" if module.startswith("setuptools.") else "distutils"


def _failure_text(root, failure):
    """What this distutils says of a command that failed (distutils, `spawn.py`; the wording changed in 3.9)."""
    spawn = importlib.import_module(root + ".spawn")
    names = set()
    for function in (getattr(spawn, "spawn", None), getattr(spawn, "_spawn_posix", None)):
        code = getattr(function, "__code__", None)
        names.update(text for text in getattr(code, "co_consts", ()) if isinstance(text, str))
    word = "status" if any("failed with exit status" in text for text in names) else "code"
    program = failure.argv[0]
    if word == "code" and hasattr(spawn, "find_executable") and not hasattr(spawn, "_translate_errors"):
        # From 3.9 on the message names the program as it was found.
        program = _which(program)
    return "command {!r} failed with exit {} {}".format(program, word, failure.status)


def _which(program):
    import shutil

    return shutil.which(program) or program


def _exec_error(root, uses_call, failure):
    """The exception with which starting the command would have ended."""
    if uses_call:
        return subprocess.CalledProcessError(failure.status, failure.argv)
    errors = importlib.import_module(root + ".errors")
    return errors.DistutilsExecError(_failure_text(root, failure))


# By what kind of command raises them.
_ERRORS = {"compile": "CompileError", "archive": "LibError", "link": "LinkError"}


def _build_error(compiler_module, failure):
    """The exception with which compile(), link() or create_static_lib() would have ended."""
    root = _root(compiler_module)
    errors = importlib.import_module(root + ".errors")
    kind = _ERRORS[failure.kind]
    uses_call = compiler_module in _CALL_MODULES
    return getattr(errors, kind)(_exec_error(root, uses_call, failure))


_CALL_MODULES = set()
_compiler_module = None


def hook_compiler(module):
    """Defer the commands of this module's base compiler class, if it has one of its own."""
    global _compiler_module
    cls = getattr(module, "Compiler", None) or getattr(module, "CCompiler", None)
    if cls is None or cls.__module__ != module.__name__ or "_ambidex_hooked" in vars(cls):
        return
    cls._ambidex_hooked = True
    _compiler_module = module.__name__
    # setuptools 84 moved the start of commands from `spawn` to `call`.
    name = "call" if "call" in vars(cls) else "spawn"
    if name == "call":
        _CALL_MODULES.add(module.__name__)
    setattr(cls, name, _hook_start(module, vars(cls)[name], name == "call"))
    cls.compile = _hook_compile(module, vars(cls)["compile"])
    _hook_newer(module, "newer_group", lambda session, *args, **kwargs: True)


def _hook_newer(module, name, outdated):
    """Let this module think out of date what `outdated` says so of, while commands are recorded: the engine decides
    that."""
    original = getattr(module, name, None)
    if original is None:
        return

    @functools.wraps(original)
    def newer(*args, **kwargs):
        session = _session.existing()
        if session is None or session.collecting is None:
            return original(*args, **kwargs)
        made = _made_at(args[1] if len(args) > 1 else None)
        if made is not None and os.path.exists(args[1]):
            return any(_is_newer(source, made) for source in args[0])
        return outdated(session, *args, **kwargs)

    setattr(module, name, newer)


def _is_newer(source, made):
    """Whether a file that was made at that time would be out of date by this source."""
    try:
        return os.path.getmtime(source) > made
    except OSError:
        return True


def _made_at(target):
    """When the serial build would have made the file in this run; none if it would not have. Then it is up to date there
    as well (two extensions of one name), if it is newer than its sources. Its own time does not say: it may be left from
    an earlier build."""
    if not isinstance(target, str):
        return None
    folder, name = os.path.split(os.path.abspath(target))
    made, _ = _session.produced.get(os.path.join(os.path.realpath(folder), name), (None, None))
    return made


def _hook_start(module, original, uses_call):
    root = _root(module.__name__)

    @functools.wraps(original)
    def start(self, cmd, **kwargs):
        session = _session.current()
        env = kwargs.pop("env", None)

        def run():
            given = kwargs if env is None else dict(kwargs, env=env)
            return original(self, cmd, **given)

        if session is None or kwargs or getattr(self, "dry_run", False):
            return run()
        argv = [arg if type(arg) is str else os.fsdecode(arg) for arg in cmd]
        if env is None:
            environment = session.environment()
        else:
            environment = dict(env) if _session.is_text(env.values()) else None
        if environment is None or not _session.is_text(argv):
            # What is no text runs as it would without ambidex.
            session.process(["?"])
            return run()
        _watch.install()
        scope = session.scope
        echo = _echo(module, root, uses_call, argv)
        if session.queueing:
            run = _as_the_base_runs_it(module, uses_call, _ERRORS[_kind(session, self, argv)], run)
            return session.enqueue(_session.Command(argv, environment, scope, echo, run))
        deferred = scope is not None and _starts_transparently(self)
        if not deferred:
            scope = session.open_scope(scope.name if scope else session.building)
        result = session.record(_session.Command(argv, environment, scope, echo, run))
        if result == "yours":
            return run()
        if deferred:
            # Also where it was skipped: what Python says must not depend on when a failure is noticed.
            return None
        if result == "skipped":
            raise _session.Stop()
        failure = session.wait(scope)
        if failure is not None:
            raise _exec_error(root, uses_call, failure)
        return None

    start.__module__ = module.__name__
    return start


def _kind(session, compiler, argv):
    if session.compiling:
        return "compile"
    archiver = getattr(compiler, "archiver", None) or [None]
    return "archive" if argv[0] == archiver[0] else "link"


def _as_the_base_runs_it(module, uses_call, error_name, run):
    """Run a command with the exception that the base method makes of its failure (distutils, `unixccompiler.py`)."""

    def run_it():
        errors = importlib.import_module(_root(module.__name__) + ".errors")
        caught = (subprocess.CalledProcessError, OSError) if uses_call else errors.DistutilsExecError
        try:
            run()
        except caught as error:
            raise getattr(errors, error_name)(error)

    return run_it


def _echo(module, root, uses_call, argv):
    """What announces the command, called when its turn to be printed comes."""

    def echo():
        if uses_call:
            log = module.log
            log.info(subprocess.list2cmdline(argv))
            return
        spawn = importlib.import_module(root + ".spawn")
        if "list2cmdline" in spawn.spawn.__code__.co_names:
            spawn.log.info(subprocess.list2cmdline(argv))
        else:
            spawn.log.info(" ".join(argv))

    return echo


def _hook_compile(module, original):
    @functools.wraps(original)
    def compile(self, *args, **kwargs):
        session = _session.current()
        if session is None:
            return original(self, *args, **kwargs)

        def run():
            outer, session.compiling = session.compiling, True
            try:
                return original(self, *args, **kwargs)
            finally:
                session.compiling = outer

        if session.scope is not None:
            return _tell_together(session, self, run)
        session.scope = scope = session.open_scope(session.building)
        try:
            result = _tell_together(session, self, run)
        finally:
            session.scope = None
            failure = session.wait(scope)
            if failure is not None:
                raise _build_error(module.__name__, failure)
        return result

    compile.__module__ = module.__name__
    return compile


def _tell_together(session, compiler, call):
    """Tell the engine together of the commands that this call starts, if they are all started by base methods: one
    message for each, and a wait for its reply, would take longer than all else."""
    if session.queueing or not _is_base(compiler, _COMPILER_METHODS, _BASE_COMPILER):
        return call()
    session.queueing = True
    try:
        result = call()
    except Exception:
        session.flush()
        raise
    except BaseException:
        session.drop()
        raise
    finally:
        session.queueing = False
    session.flush()
    return result


def hook_build_ext(module):
    """Let the base build_ext record its commands."""
    cls = module.build_ext
    if "_ambidex_hooked" in vars(cls):
        return
    cls._ambidex_hooked = True
    cls.build_extension = _hook_build_extension(vars(cls)["build_extension"])
    cls.build_extensions = _hook_build_extensions(vars(cls)["build_extensions"])
    cls.run = _hook_run(vars(cls)["run"])
    cls._filter_build_errors = _hook_filter_build_errors(vars(cls)["_filter_build_errors"])
    _hook_newer(module, "newer_group", _is_extension_outdated)


def _is_extension_outdated(session, sources, target, *args, **kwargs):
    """Whether the commands of the extension that is being built have to be recorded. Only where all its code is known
    can it be said without them that they are what they were."""
    command = session.collecting
    unusual = getattr(command, "shlib_compiler", None) is not None or getattr(command.compiler, "dry_run", False)
    if unusual or not session.queueing:
        return True
    # From now on Python may look for files that nothing recorded here has made.
    _watch.install()
    return not session.is_fresh(target)


def _hook_filter_build_errors(original):
    """The base loop enters this for each extension: so its name is known also where its build is overridden."""

    @contextlib.contextmanager
    @functools.wraps(original)
    def _filter_build_errors(self, ext):
        session = _session.existing()
        if session is None:
            with original(self, ext):
                yield
            return
        outer, session.building = session.building, ext.name
        try:
            with original(self, ext):
                yield
        finally:
            session.building = outer

    return _filter_build_errors


def _hook_build_extension(original):
    @functools.wraps(original)
    def build_extension(self, ext):
        session = _session.current()
        if session is None or session.scope is not None:
            return original(self, ext)
        # Only the base loop raises an error of a command that failed later, and only for an extension whose
        # build_extension nobody has wrapped in a `try` of his own.
        later = session.collecting is self and _is_base(self, ["build_extension"], _BASE_BUILD_EXT)
        optional = bool(getattr(ext, "optional", False))
        scope = session.open_scope(ext.name, fatal=later and not optional, awaited=False, extension=ext)
        outer, session.scope = session.collecting, scope
        if not later:
            session.collecting = outer or self
        try:
            if later:
                _tell_together(session, self.compiler, functools.partial(original, self, ext))
            else:
                original(self, ext)
        finally:
            session.scope = None
            session.collecting = outer
            if not later:
                failure = session.wait(scope)
                if failure is not None:
                    raise _build_error(_compiler_module, failure)
            elif optional:
                self._ambidex_optional.append(scope)
        return None

    return build_extension


def _hook_build_extensions(original):
    @functools.wraps(original)
    def build_extensions(self):
        session = _session.current()
        if session is None or session.collecting is not None:
            return original(self)
        parallel, self.parallel = self.parallel, None
        if parallel:
            session.jobs(0 if parallel is True else parallel)
        session.collect(self)
        self._ambidex_optional = []
        error = None
        try:
            if not _may_run_ahead(self) or not _lanes.build(session, self):
                original(self)
        except _session.Stop:
            pass
        except Exception as caught:
            error = caught
        finally:
            session.collecting = None
            self.parallel = parallel
        _raise_failures(session, self, error)

    return build_extensions


def _may_run_ahead(command):
    """Whether the extensions of this build_ext are built by calls that block, and nothing but the commands they
    record is known to tie them together."""
    return (
        len(command.extensions) > 1
        and not os.environ.get("AMBIDEX_SERIAL_PYTHON")
        and not _is_base(command, ["build_extension"], _BASE_BUILD_EXT)
        and _is_base(command, ["build_extensions", "_build_extensions_serial"], _BASE_BUILD_EXT)
        and _is_base(command.compiler, _COMPILER_METHODS, _BASE_COMPILER)
        and not any(callable(value) for value in vars(command).values())
    )


def _raise_failures(session, command, error):
    """Raise what the serial build would have raised first, and warn of extensions that could be left out."""
    optional = {scope.number: scope for scope in vars(command).pop("_ambidex_optional", ())}
    for failure in session.finish(_extensions_of(command)):
        problem = _build_error(_compiler_module, failure)
        scope = optional.get(failure.scope)
        if scope is None:
            raise problem
        with command._filter_build_errors(scope.extension):
            raise problem
    if error is not None:
        raise error


def _extensions_of(command):
    """The extensions of a build_ext, as far as they are objects with names; none of another command."""
    extensions = getattr(command, "extensions", None)
    return [ext for ext in extensions or () if hasattr(ext, "name")] if hasattr(command, "extensions") else None


def _hook_run(original):
    @functools.wraps(original)
    def run(self):
        try:
            return original(self)
        except KeyboardInterrupt:
            # Nothing of what is pending is wanted any more.
            _session.abandon()
            raise
        finally:
            session = _session.existing()
            if session is not None and session.collecting is None:
                session.finish(_extensions_of(self))

    return run


def hook_build_clib(module):
    """Let the base build_clib record its commands."""
    cls = module.build_clib
    if "_ambidex_hooked" in vars(cls) or "build_libraries" not in vars(cls):
        return
    cls._ambidex_hooked = True
    cls.build_libraries = _hook_build_libraries(vars(cls)["build_libraries"])
    _hook_newer(module, "newer_pairwise_group", lambda session, sources, targets: (list(sources), list(targets)))


def _hook_build_libraries(original):
    @functools.wraps(original)
    def build_libraries(self, libraries):
        session = _session.current()
        if session is None or session.scope is not None:
            return original(self, libraries)
        names = ", ".join(str(name) for name, _ in libraries)
        session.scope = session.open_scope(names, fatal=True, awaited=False)
        session.collecting = self
        error = None
        try:
            original(self, libraries)
        except _session.Stop:
            pass
        except Exception as caught:
            error = caught
        finally:
            session.scope = session.collecting = None
        _raise_failures(session, self, error)

    return build_libraries
