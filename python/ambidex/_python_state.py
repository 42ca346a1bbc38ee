"""The modules and settings of Python that Cython's code may use, by value."""

import _locale
import abc
import builtins
import codecs
import encodings
import gc
import os
import sys
import types

from ambidex._cython_state import Notes, parts_behind_attributes
from ambidex._values import (
    END,
    FREE,
    PLAIN,
    Unknown,
    chain,
    is_executed,
    is_installed,
    is_module,
    is_pythons,
    module_name,
    module_of,
    must,
    name_of,
    referents_of,
    registered_with,
    submodule_of,
)

# The modules of Python's library that Cython imports, and those that these import when they need them.
_USED = (
    "_frozen_importlib _frozen_importlib_external argparse ast bz2 codecs collections contextlib copy copyreg "
    "dataclasses datetime difflib encodings encodings.aliases encodings.ascii encodings.latin_1 encodings.utf_8 enum "
    "functools gettext glob gzip hashlib importlib inspect io keyword linecache locale math numbers operator os "
    "pathlib pickle platform posixpath re shlex shutil string struct subprocess tempfile textwrap threading tokenize "
    "traceback types typing unicodedata urllib warnings xml.sax.saxutils zipfile zipimport zlib"
).split()
# Names that do not matter, or are looked at elsewhere.
_FREE_IN = {
    "sys": "modules flags monitoring path_importer_cache argv orig_argv path executable _base_executable _home prefix "
    "exec_prefix excepthook last_exc last_type last_value last_traceback",
    "inspect": "modulesbyfile _filesbymodname mod_dict",
    "posix": "environ",
    "site": "PREFIXES USER_BASE USER_SITE",
    "threading": "_active _limbo _shutdown_locks _counter",
    "warnings": "_filters_version",
    "_frozen_importlib": "_module_locks _blocking_on",
    # The default of an argument is the path of Python.
    "platform": "architecture libc_ver",
    # Texts that depend on the order of a set.
    "tokenize": "ContStr PlainToken PseudoExtras PseudoToken String StringPrefix Token Triple endpats t u _prefix",
}
_METHODS = (str.join, str.__add__, vars(type)["__dict__"], vars(type)["__basicsize__"], vars(dict)["fromkeys"])
_METHODS = {type(each) for each in _METHODS}
# What objects of Python's library hold, by type.
_PARTS = {
    "staticmethod classmethod": "__func__",
    "property DynamicClassAttribute": "fget fset fdel",
    "cached_property": "func",
    "partial": "func args keywords",
    "method": "__self__ __func__",
    "builtin_function_or_method builtin_method method-wrapper": "__self__ __name__",
    "_lru_cache_wrapper": "__wrapped__",
    "Pattern SRE_Pattern": "pattern flags",
    "GenericAlias UnionType": "__args__",
    " ".join(each.__name__ for each in _METHODS): "__objclass__ __name__",
}
_PARTS = {kind: names.split() for kinds, names in _PARTS.items() for kind in kinds.split()}
# Those that hold nothing, or nothing that matters.
_EMPTY = (
    "lock RLock _local WeakSet TextIOWrapper count Struct PyCapsule object _abc_data ellipsis NotImplementedType "
    "NoDefaultType defaultdict OrderedDict TypeVar abstractproperty async_generator Quitter _Helper _Printer"
).split()


class _Described:
    """A module of Python's library, by value."""

    def __init__(self, name, module):
        self.module = module
        self.slots, self.uses = {}, set()
        # Functions whose code nobody knows: a call of one of them must be noticed.
        self.strangers = []
        # When classes were last registered with abstract classes, if there are any of these: the collector can't tell.
        self._registered = None
        self._name, self._nodes, self._seen = name, [], set()
        # The classes that are known to be installed, by their ids.
        self._installed = {}
        must(any(vars(module).get("__builtins__", each) is each for each in (builtins, vars(builtins))), module)
        self._describe_space(name, vars(module), module)
        self._notes = Notes(self._nodes)
        del self._installed

    def is_true(self):
        return self._notes.are_true() and self._registered in (None, abc.get_cache_token())

    def _describe_space(self, where, space, owner):
        self._nodes.append(space)
        if isinstance(owner, abc.ABCMeta):
            self._registered = abc.get_cache_token()
            self.slots[where, "register"] = sorted(map(name_of, registered_with(owner)))
        free = FREE.union(_FREE_IN.get(where, "").split())
        for name, value in list(space.items()):
            kind = type(value)
            if name in free:
                continue
            if kind in PLAIN:
                self.slots[where, name] = value
                continue
            # A method of a class that Python has inside, as it always is.
            is_as_made = kind in _METHODS and value.__objclass__ is owner and value.__name__ == name
            is_cache = kind is dict and "cache" in name
            # The import system adds modules to packages.
            is_import = owner is self.module and not name.startswith("_") and submodule_of(where, name) is value
            if not (is_as_made or is_cache or is_import):
                try:
                    self.slots[where, name] = self._describe(value, True)
                except Unknown as error:
                    raise Unknown("{}:{}: {}".format(where, name, error)) from None

    def _describe(self, value, is_direct=False):
        kind = type(value)
        if kind in PLAIN:
            return value
        if kind is types.FunctionType:
            return self._describe_function(value, is_direct)
        if issubclass(kind, type):
            return self._describe_class(value, is_direct)
        if issubclass(kind, types.ModuleType):
            name = getattr(getattr(value, "__spec__", None), "name", None)
            must(sys.modules.get(name) is value and is_module(is_pythons, value), value)
            self.uses.add(name)
            return "module", name
        if kind not in (list, tuple, set, frozenset, dict):
            return self._describe_object(value, kind, is_direct)
        if kind is not tuple and kind is not frozenset:
            if id(value) in self._seen:
                return "again"
            self._seen.add(id(value))
            self._nodes.append(value)
        entries = list(chain(value.items()) if kind is dict else value)
        parts = [entry if type(entry) in PLAIN else self._describe_entry(entry) for entry in entries]
        return kind.__name__, sorted(parts, key=repr) if kind in (set, frozenset) else parts

    def _describe_entry(self, value):
        if type(value) is not types.FunctionType or is_executed(value) or is_installed(value.__code__.co_filename):
            return self._describe(value)
        # A project's or a library's entry in a registry, such as how to copy objects of its class.
        if id(value) not in self._seen:
            self._seen.add(id(value))
            self._nodes.append(value)
            self.strangers.append(value)
        return "stranger", value.__module__, value.__qualname__

    def _describe_function(self, value, is_direct):
        code = value.__code__
        is_made = code.co_filename.startswith("<string") and is_executed(value)
        module = getattr(value.__globals__.get("__spec__"), "name", None)
        must(is_made or (is_pythons if is_direct else is_installed)(code.co_filename), value)
        if is_direct and not is_made:
            must(vars(sys.modules.get(module)) is value.__globals__, value)
            self.uses.add(module)
        # Of a function's names, only those of its code can't be changed.
        found = [module, value.__qualname__, code.co_name, code.co_firstlineno] + (_code(code) if is_made else [])
        if id(value) not in self._seen:
            self._seen.add(id(value))
            self._nodes += (value,) + (value.__closure__ or ())
            held = [value.__defaults__, value.__kwdefaults__, vars(value).get("__wrapped__")]
            held += chain(map(referents_of, value.__closure__ or ()))
            found += [each if each is None else self._describe(each) for each in held]
        return found

    def _describe_class(self, value, is_direct):
        name, module = name_of(value), module_of(value)
        must(is_module(is_pythons if is_direct else is_installed, module), value)
        for base in value.__mro__ + (type(value),):
            self._must_be_installed(base, base)
        if is_direct:
            self.uses.add(module_name(value))
            is_elsewhere = module is not self.module and vars(module).get(value.__name__) is value
            if not is_elsewhere and id(value) not in self._seen:
                self._seen.add(id(value))
                self._nodes.append(value)
                self._describe_space(name, parts_behind_attributes(value)[0], value)
        return "class", name, list(map(name_of, value.__bases__ + (type(value),)))

    def _must_be_installed(self, cls, obj):
        # Nothing else runs before everything is described. The class is kept, so that no other gets its id.
        if id(cls) not in self._installed:
            must(is_module(is_installed, module_of(cls)), obj)
            self._installed[id(cls)] = cls

    def _describe_object(self, value, kind, is_direct):
        self._must_be_installed(kind, value)
        found = [self._describe(getattr(value, name)) for name in _PARTS.get(kind.__name__, ())]
        found += [base.__repr__(value) for base in (int, str, float, bytes) if issubclass(kind, base)]
        found += [os.fspath(value)] if hasattr(kind, "__fspath__") else []
        found += list(map(self._describe, tuple.__iter__(value))) if issubclass(kind, tuple) else []
        if kind.__name__ in ("itemgetter", "attrgetter", "methodcaller", "_tuplegetter"):
            found.append(self._describe(value.__reduce__()))
        if kind.__name__ in ("mappingproxy", "SimpleNamespace"):
            found.append(self._describe(dict(value) if kind is types.MappingProxyType else vars(value)))
        is_own = module_name(kind) in (self._name, "typing", "enum")
        must(found or is_own or kind.__name__ in _EMPTY or not is_direct or issubclass(kind, tuple), value)
        return [name_of(kind)] + found


def _code(code):
    """Returns code by value."""
    consts = [_code(const) if isinstance(const, types.CodeType) else repr(const) for const in code.co_consts]
    return [code.co_code.hex(), code.co_names, code.co_varnames, code.co_freevars, consts]


class Library:
    """The modules of Python's library that Cython may use, and the settings of the interpreter."""

    def __init__(self):
        self._known = {}
        self._modules = sys.modules
        self._path, self._argv = list(sys.path), list(getattr(sys, "argv", ()))
        # The codecs that a project registers are in no module, but in two objects that are made with the interpreter.
        searches, handlers = map(gc.get_referrers, (encodings.search_function, codecs.strict_errors))
        (self._searches,) = [each for each in searches if type(each) is list and all(map(callable, each))]
        (self._handlers,) = [each for each in handlers if type(each) is dict and "surrogateescape" in each]
        self._settings = self._look_at_settings()

    def _look_at_settings(self):
        must(sys.modules is self._modules, sys)
        settings = _module()
        settings.path = [_relative(entry, self._path) for entry in sys.path]
        settings.argv = [_relative(arg, self._argv) for arg in getattr(sys, "argv", ())]
        vars(settings).update((repr(item), None) for item in getattr(os.environ, "_data", os.environ).items())
        settings.searches, settings.handlers = self._searches, self._handlers
        settings.trace = [sys.gettrace(), sys.getprofile()]
        # What these contain depends on what has been used. It must only be a library's own.
        kept = [
            (*codec, *getattr(codec, "__dict__", {}).values())
            for codec in encodings._cache.values()
            if codec is not None
        ]
        _without_strangers("caches", _module(kept=kept, importers=list(sys.path_importer_cache.values())))
        settings.recursion = sys.getrecursionlimit()
        settings.digits = getattr(sys, "get_int_max_str_digits", int)()
        settings.locale = _locale.setlocale(_locale.LC_ALL)
        return _without_strangers("settings", settings).slots

    def strangers(self):
        """Returns the functions in registries of these modules whose code nobody knows."""
        return [each for described in self._known.values() for each in described.strangers]

    def look(self):
        """Returns what has changed since the last look, and the modules that were not there, with what they hold."""
        settings = self._look_at_settings()
        changed, fresh = _changed(self._settings, settings), {}
        if not self._known:
            # When this was made, a project may have run already. Paths, arguments and variables differ anyway.
            fresh["settings"] = {slot: value for slot, value in settings.items() if slot[1] in _SETTINGS}
        self._settings = settings
        seen, pending = set(), list(sys.builtin_module_names) + _USED
        while pending:
            name = pending.pop()
            module = sys.modules.get(name)
            if name in seen or module is None or name.startswith("ambidex."):
                continue
            seen.add(name)
            old = self._known.get(name)
            must(type(module) is types.ModuleType and (old is None or old.module is module), module)
            if old is None or not old.is_true():
                must(is_module(is_pythons, module), module)
                new = self._known[name] = _Described(name, module)
                if old is None:
                    fresh[name] = new.slots
                else:
                    changed += _changed(old.slots, new.slots)
            pending += self._known[name].uses
        return sorted(changed, key=repr), fresh


_SETTINGS = ("searches", "handlers", "trace", "recursion", "digits", "locale")


def _without_strangers(name, module):
    described = _Described(name, module)
    must(not described.strangers, *described.strangers[:1] or [None])
    return described


def _module(**names):
    module = types.ModuleType("settings")
    vars(module).update(names)
    return module


def _relative(entry, starts):
    """Returns what stands for a path: the number of one that was there when the process started, and what follows.
    Isolated builds have other paths each time."""
    if entry in starts:
        return starts.index(entry)
    for number, start in enumerate(starts):
        if start and isinstance(entry, str) and entry.startswith(start + os.sep):
            return number, entry[len(start) :]
    return entry


def _changed(old, new):
    """Returns the slots that differ, as lists of their names and what they hold now."""
    now = [[list(slot), "is", repr(value)] for slot, value in new.items() if repr(old.get(slot, END)) != repr(value)]
    return now + [[list(slot), "gone"] for slot in old if slot not in new]
