"""The modules that are hooked, and the finder that hooks each of them when a project imports it."""

import os
import sys

# Both copies of distutils can be loaded in one process: the standard library's (or setuptools' under its name) and
# `setuptools._distutils` (setuptools, `_distutils_hack/__init__.py`). `spawn` comes first, because other modules import
# its function.
_HOOKED = {}
for _root in ("distutils", "setuptools._distutils"):
    _HOOKED[_root + ".spawn"] = "hook_spawn"
    _HOOKED[_root + ".ccompiler"] = "hook_compiler"
    _HOOKED[_root + ".compilers.C.base"] = "hook_compiler"
    _HOOKED[_root + ".command.build_ext"] = "hook_build_ext"
    _HOOKED[_root + ".command.build_clib"] = "hook_build_clib"
_HOOKED["setuptools.command.build_clib"] = "hook_build_clib"
# Modules of Cython are hooked by `_translate.py`.
_CYTHON = {
    "Cython.Compiler.Main": "hook_main",
    "Cython.Utils": "hook_utils",
    "Cython.Build.Dependencies": "hook_dependencies",
    "Cython.Distutils.old_build_ext": "hook_old_build_ext",
}
_HOOKED.update(_CYTHON)

installed = has_audit_hook = False
# The directory in which this process started. Projects change it for a while, and may be in one that is removed later.
try:
    started_in = os.getcwd()
except OSError:
    started_in = "/"


def _hook(module, hook):
    if callable(hook):
        return hook(module)
    # Not imported before it is needed, because most Pythons never start a compiler.
    if hook in _CYTHON.values():
        from ambidex import _translate as hooks
    else:
        from ambidex import _hooks as hooks

    getattr(hooks, hook)(module)
    return None


class _HookingLoader:
    """A loader that loads a module as its own loader would, and then hooks it."""

    def __init__(self, loader, hook):
        self._loader = loader
        self._hook = hook

    def __getattr__(self, name):
        # Somebody looks at a module that is not loaded: `python -m` asks for its code. (A copy may have no loader yet.)
        return getattr(vars(self)["_loader"], name) if "_loader" in vars(self) else object.__getattribute__(self, name)

    def create_module(self, spec):
        return self._loader.create_module(spec)

    def exec_module(self, module):
        # Code that looks at the module finds the loader that it would have without ambidex.
        module.__loader__ = self._loader
        module.__spec__.loader = self._loader
        self._loader.exec_module(module)
        _hook(module, self._hook)


class _CythonLoader(_HookingLoader):
    """A loader of a module of Cython, whose code is Cython's own while it is loaded."""

    def exec_module(self, module):
        from ambidex import _translate

        module.__loader__ = self._loader
        module.__spec__.loader = self._loader
        with _translate.cythons_code:
            self._loader.exec_module(module)
            if self._hook is not None:
                _hook(module, self._hook)


class _OwnLoader(_HookingLoader):
    """A loader of a module of ambidex. Its byte code is kept even if Python is told to keep none, as in many containers
    (PYTHONDONTWRITEBYTECODE): the directory is ambidex's own."""

    def exec_module(self, module):
        module.__loader__ = self._loader
        module.__spec__.loader = self._loader
        exec(_keeping_byte_code(self._loader.get_code, module.__name__), vars(module))


def _keeping_byte_code(function, *args):
    """Calls a function that loads code of ambidex, and no other."""
    told, sys.dont_write_bytecode = sys.dont_write_bytecode, False
    try:
        return function(*args)
    finally:
        sys.dont_write_bytecode = told


class _Finder:
    """The first finder on `sys.meta_path`. It finds nothing itself."""

    def __init__(self, keeps_own):
        self._keeps_own = keeps_own

    def _loader_for(self, name):
        package = name.partition(".")[0]
        if package in ("Cython", "cython", "pyximport"):
            return _CythonLoader
        if package == "ambidex" and self._keeps_own and sys.dont_write_bytecode:
            return _OwnLoader
        return _HookingLoader if name in _HOOKED else None

    def find_spec(self, name, path=None, target=None):
        loader = self._loader_for(name)
        if loader is None:
            return None
        for finder in list(sys.meta_path):
            find = getattr(finder, "find_spec", None)
            if finder is self or find is None:
                continue
            spec = find(name, path, target)
            if spec is not None:
                if hasattr(spec.loader, "exec_module") and hasattr(spec.loader, "create_module"):
                    spec.loader = loader(spec.loader, _HOOKED.get(name))
                return spec
        return None


def _explain_missing_setuptools(error):
    """Reports that setuptools is missing, in a process that ambidex itself started to run a project's setup.py."""
    name = getattr(error, "name", None)
    if isinstance(error, ImportError) and name in ("setuptools", "distutils"):
        hint = "install it with `{0} -m pip install setuptools`, or choose another Python with --python"
        sys.stderr.write(("error: {0} has no {1}\n  hint: " + hint + "\n").format(sys.executable, name))
        sys.stderr.flush()
        os._exit(2)


def _is_a_projects(entry):
    """Returns whether a stack entry belongs to the project's code or to code that it calls, and not to ambidex."""
    return os.path.dirname(entry[0].f_code.co_filename) != os.path.dirname(__file__)


def _hook_stacks(module):
    """Hides ambidex's frames from code that prints a stack."""

    def without_own_frames(walk):
        # Some code counts the frames between itself and its caller: `filter` has none.
        return lambda *args, **kwargs: filter(_is_a_projects, walk(*args, **kwargs))

    for name in {"walk_tb", "walk_stack", "_walk_tb_with_full_positions"}.intersection(vars(module)):
        setattr(module, name, without_own_frames(getattr(module, name)))


_HOOKED["traceback"] = _hook_stacks


def _hook_exceptions(is_setup):
    """Replaces `sys.excepthook`, unless something else already has."""
    if sys.excepthook is not sys.__excepthook__:
        return

    def excepthook(kind, error, trace):
        if is_setup:
            _explain_missing_setuptools(error)
        import traceback

        sys.stderr.write("".join(traceback.format_exception(kind, error, trace)))

    sys.excepthook = excepthook


def _hook_audits():
    """Notes whether an audit hook is added: it runs within everything, and nobody can list the hooks."""
    add = getattr(sys, "addaudithook", None)
    if add is None:
        return

    def addaudithook(hook):
        global has_audit_hook
        has_audit_hook = True
        return add(hook)

    vars(sys)["addaudithook"] = addaudithook


def install(keeps_own=False):
    """Makes this process a captured one. `keeps_own` says whether ambidex is in a directory of its own."""
    global installed
    if installed or "AMBIDEX_SOCKET" not in os.environ:
        return
    installed = True
    sys.meta_path.insert(0, _Finder(keeps_own))
    for name in [name for name in _HOOKED if name in sys.modules]:
        _hook(sys.modules[name], _HOOKED[name])
    _hook_audits()
    _hook_exceptions(os.environ.pop("AMBIDEX_ENTRY", None) == "setup")
