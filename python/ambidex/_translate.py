"""Hooks Cython's translations to C, so that each is made in a copy of this process, next to others.

Cython's own code prints the progress, chooses the order and treats errors. Only the function that translates one file
is replaced, and only where it is called by code of Cython that needs nothing of its result but the number of errors.
"""

import contextlib
import functools
import json
import os
import re
import sys
import time
import types

from ambidex import _answers, _baseline, _call, _copy, _imports, _session

# Declarations for which Cython writes headers beside the C file (Cython, `ModuleNode.generate_h_code`).
_PUBLIC = re.compile(rb"(?m)^(?:cdef|cpdef|ctypedef)[ \t]+(?:inline[ \t]+)?(public|api)\b")

# What a translation loads when it is first needed (Cython, `Pipeline.create_pipeline`). If this process has loaded it,
# no copy has to.
_PARTS = (
    "AnalysedTreeTransforms AutoDocTransforms Buffer Builtin CodeGeneration CythonScope Dataclass DebugFlags "
    "FlowControl FusedNode Interpreter MemoryView Optimize ParseTreeTransforms Parsing Pipeline Pythran TypeInference "
    "UtilityCode"
).split()


# Says that the last build in this directory translated nothing, and how the files were whose times decided that. If
# they are still so, this build won't translate either, and does not look at the state of Python: that takes longer than
# everything else. If it has something to translate after all, Python itself translates.
_TRANSLATES_NOTHING = os.path.join(_imports.started_in, "build", ".ambidex", "translates-nothing")


def _read_note():
    """Returns what the last build has noted, or None."""
    try:
        with open(_TRANSLATES_NOTHING, encoding="ascii") as file:
            return json.load(file)
    except (OSError, ValueError):
        return None


def _stamps(paths):
    """Returns the paths with the time and the size of each file."""
    stats = [(path, os.stat(path)) for path in sorted(paths)]
    return [[path, stat.st_mtime_ns, stat.st_size] for path, stat in stats]


def _has_changed():
    """Returns whether this build may have something to translate."""
    note = _read_note()
    try:
        return note is None or _stamps(path for path, *_ in note) != note
    except (OSError, TypeError, ValueError):
        return True


class _CythonsCode:
    """Knows whether code of Cython runs, and what others have changed of the state that it depends on."""

    def __init__(self):
        self._depth = 0
        self._baseline = _baseline.Baseline(is_wanted=_has_changed())

    def __enter__(self):
        if self._depth == 0:
            _answers.ask()
            self._baseline.enter()
        self._depth += 1

    def __exit__(self, *error):
        self._depth -= 1
        if self._depth == 0:
            self._baseline.leave()

    def lose(self):
        """Gives up: from here on, code of Cython runs and nobody looks at the state."""
        if self._depth == 0:
            self._baseline.lose()

    def state(self):
        """Returns what others have changed, as text. Raises an error if nobody can tell."""
        return [json.dumps(change) for change in self._baseline.changes() + self._baseline.found()]

    def strangers(self):
        """Returns functions of others that translations must not call."""
        return self._baseline.strangers()


cythons_code = _CythonsCode()


class _Callers:
    """Which functions of Cython run now that use only the number of errors of a translation."""

    count = 0
    # Whether the outer one has got plain data. Otherwise code of the project may run within it.
    is_plain = False
    has_loaded = False
    has_translated = False
    # The files whose times decided that nothing is translated. None if that is not known, or something is translated.
    compared = set()


def _as_caller(original):
    @functools.wraps(original)
    def caller(*args, **kwargs):
        _Callers.count += 1
        try:
            return original(*args, **kwargs)
        finally:
            _Callers.count -= 1

    return caller


def _as_cythons(original, is_plain):
    @functools.wraps(original)
    def function(*args, **kwargs):
        outer = _Callers.is_plain
        if outer is False and _nothing_is_left():
            # To look at Cython's state would take longer than everything else.
            cythons_code.lose()
            return original(*args, **kwargs)
        compared, _Callers.compared = _Callers.compared, None
        with cythons_code:
            _Callers.is_plain = is_plain(*args, **kwargs)
            try:
                result = original(*args, **kwargs)
                if compared is not None and not _Callers.has_translated:
                    _Callers.compared = _with_compared(compared, original, result)
                return result
            finally:
                _Callers.is_plain = outer
                session = _session.existing()
                if session is not None and session.has_calls:
                    # Until then, each look at a file has to be answered by the engine.
                    session.catch_up()

    return function


def _with_compared(compared, cythonize, extensions):
    """Returns `compared` with the files whose times `cythonize` has compared, or None if nobody can tell."""
    try:
        tree = cythonize.__globals__["_dep_tree"]
        # There is no cache before the first time is asked for (Cython, `Utils.cached_method`).
        caches = [cache for name, cache in vars(tree).items() if name.endswith("_timestamp_cache")]
        inputs = [path for cache in caches for (path,) in cache]
        outputs = [source for extension in extensions for source in extension.sources]
        is_known = callable(type(tree).timestamp)
        return compared.union(map(os.path.abspath, inputs + outputs)) if is_known else None
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def remember_use():
    """Remembers for the next build whether this one had anything to translate."""
    with contextlib.suppress(OSError):
        note = None if _Callers.compared is None else _stamps(_Callers.compared)
        if note == _read_note():
            return
        if note is None:
            os.remove(_TRANSLATES_NOTHING)
        else:
            with open(_TRANSLATES_NOTHING, "w", encoding="ascii") as file:
                json.dump(note, file)


def _nothing_is_left():
    """Returns whether extensions are being built and none of them has a source to translate. Cython's build_ext, which
    setuptools uses, has each extension of every project translated."""
    session = _session.existing()
    extensions = getattr(session and session.collecting, "extensions", None)
    if type(extensions) is not list:
        return False
    sources = [getattr(extension, "__dict__", {}).get("sources") for extension in extensions]
    if not all(type(each) is list and all(type(source) is str for source in each) for each in sources):
        return False
    return not any(source.endswith((".pyx", ".py")) for each in sources for source in each)


def _are_plain(*args, **kwargs):
    """Returns whether no code of a project runs when these arguments are used."""
    try:
        _described([_parts(arg) for arg in args] + [_parts(arg) for arg in kwargs.values()])
    except _Unknown:
        return False
    return True


def _parts(arg):
    """Returns the attributes of an extension, also in lists, and everything else as it is."""
    if type(arg) in (list, tuple):
        return [_parts(part) for part in arg]
    kind = type(arg)
    is_extension = kind.__name__ == "Extension" and kind.__module__.partition(".")[0] in _INSTALLED
    return _parts(list(vars(arg).values())) if is_extension else arg


_INSTALLED = ("setuptools", "distutils", "Cython", "numpy")


hook_utils = _answers.hook_utils


def hook_dependencies(module):
    """Notes when `cythonize` runs, and when it translates a file."""
    if hasattr(module, "cythonize_one") and hasattr(module, "cythonize"):
        module.cythonize_one = _as_caller(module.cythonize_one)
        module.cythonize = _as_cythons(module.cythonize, _are_plain)


def hook_old_build_ext(module):
    """Notes when Cython's older build_ext translates its files."""
    cls = getattr(module, "old_build_ext", None)
    if cls is not None and "cython_sources" in vars(cls):
        # Its arguments are a list of names, and an extension.
        translate = _as_caller(vars(cls)["cython_sources"])
        cls.cython_sources = _as_cythons(translate, lambda command, sources, ext: _are_plain(sources, ext))


def hook_main(module):
    """Makes translations in copies of this process."""
    original = getattr(module, "compile_single", None)
    if original is None:
        return

    @functools.wraps(original)
    def compile_single(*args, **kwargs):
        _Callers.has_translated, _Callers.compared = True, None
        run = functools.partial(original, *args, **kwargs)
        session = _session.current() if _Callers.count == 1 and _Callers.is_plain else None
        if session is None or not _call.is_possible(session):
            return run()
        translation = None
        # Not within a handler, which would show in tracebacks.
        with contextlib.suppress(_Unknown, _baseline.Unknown, TypeError, OSError, ValueError):
            translation = _Translation(module, *args, **kwargs)
        if translation is None or _call.make(session, translation, run) is None:
            return run()
        return translation.result()

    module.compile_single = compile_single


class _Unknown(Exception):
    """The translation can't be described."""


def _described(value):
    """Returns a plain value as text, the same in every process."""
    kind = type(value)
    if value is None or kind in (bool, int, float, bytes, str):
        return ascii(value)
    if isinstance(value, str) and kind.__module__.startswith("Cython."):
        return ascii(str(value))
    if kind in (list, tuple):
        return "[{}]".format(", ".join(map(_described, value)))
    if kind in (set, frozenset):
        return "{{{}}}".format(", ".join(sorted(map(_described, value))))
    if kind is dict or isinstance(value, dict) and kind.__module__ in ("Cython.Compiler.Options", "collections"):
        return "{{{}}}".format(", ".join(_described(key) + ": " + _described(of) for key, of in value.items()))
    raise _Unknown("of the type {}".format(kind.__name__))


def _is_constant(environment):
    """Returns whether nothing in a dictionary of plain values can be changed."""

    def is_constant(value):
        return not isinstance(value, (list, dict, set)) and (type(value) is not tuple or all(map(is_constant, value)))

    return all(map(is_constant, environment.values()))


def _given_warnings():
    """Returns which warnings this process has given: most are given only once."""
    given = []
    for name, module in list(sys.modules.items()):
        registry = vars(module).get("__warningregistry__") if isinstance(module, types.ModuleType) else None
        for key, value in (registry or {}).items():
            parts = key if isinstance(key, tuple) else (key, value)
            given.append([name] + [getattr(part, "__name__", None) or str(part) for part in parts])
    return _described(sorted(given))


class _Translation:
    """One translation, as its arguments describe it."""

    def __init__(self, module, source, options=None, full_module_name=None, cache=None, context=None, **more):
        output = getattr(options, "output_file", None)
        if cache or context is not None or not all(isinstance(path, str) for path in (source, output)):
            raise _Unknown
        self._module = module
        self.name = full_module_name
        self.inputs = [source]
        self.unremembered = None
        self.outputs = [output] + self._more_outputs(source, output, options)
        # Cython replaces no file that is not its own. In a copy, it does not find what is at the path of an output.
        is_own = getattr(sys.modules.get("Cython.Utils"), "is_cython_generated_file", None)
        if is_own is not None and not all(is_own(path) for path in self.outputs if not path.endswith(".html")):
            raise _Unknown
        self.argv = ["cython", source, "-o", output, "--module-name", str(full_module_name)]
        for name, value in sorted(vars(options).items()):
            self.argv += ["--set", "{}={}".format(name, _described(value))]
        # Sources can change what this holds, and the next translation finds it changed.
        constants = getattr(options, "compile_time_env", None) or {}
        if type(constants) is not dict or not _is_constant(constants):
            raise _Unknown
        flags = [str(flag) for flag in sys.flags]
        # Files of one name are found in the order of this path.
        path = [os.fspath(entry) for entry in sys.path]
        state = {"flags": _described(flags), "path": _described(path), "warned": _given_warnings()}
        for name, value in sorted(state.items()):
            self.argv += ["--state", "{}={}".format(name, value)]
        for change in cythons_code.state():
            self.argv += ["--state", change]

    def _more_outputs(self, source, output, options):
        outputs = []
        settings = sys.modules.get("Cython.Compiler.Options")
        stem = os.path.splitext(output)[0]
        if getattr(options, "annotate", None) or getattr(settings, "annotate", None):
            outputs.append(stem + ".html")
            self.unremembered = "pygments may make the page, and its state can't be compared"
        if getattr(options, "use_listing_file", None):
            outputs.append(os.path.splitext(source)[0] + ".lis")
        if getattr(options, "generate_pxi", None) or getattr(options, "gdb_debug", None):
            raise _Unknown
        words = set()
        for path in (source, os.path.splitext(source)[0] + ".pxd"):
            if os.path.exists(path):
                with open(path, "rb") as file:
                    words.update(_PUBLIC.findall(file.read()))
        if b"public" in words:
            outputs.append(stem + ".h")
        if b"api" in words:
            outputs.append(stem + "_api.h")
        return outputs

    def prepare(self):
        """Loads what every translation loads, as the first one would."""
        if not _Callers.has_loaded:
            _Callers.has_loaded = True
            for name in ["Utility"] + ["Compiler." + part for part in _PARTS]:
                try:
                    __import__("Cython." + name)
                except ImportError:
                    # This version has no such module, or the translation itself will fail.
                    pass

    def begin(self):
        """Prepares the copy. Cython measures how long its phases take, with a clock that tells the time of day, too."""
        _copy.end_at(cythons_code.strangers())
        _answers.begin()
        pipeline = sys.modules.get("Cython.Compiler.Pipeline")
        if getattr(pipeline, "time", None) is time.time:
            pipeline.time = time.monotonic

    def result(self):
        """Returns the result of a successful translation, as far as Cython's callers look at it."""
        result = self._module.CompilationResult()
        result.num_errors = 0
        result.c_file = self.outputs[0]
        return result

    translates = True

    @staticmethod
    def succeeded(result):
        """Returns whether a result is that of a successful translation."""
        if result.num_errors == 0:
            _answers.tell()
        return result.num_errors == 0
