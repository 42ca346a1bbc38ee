"""Everything in Python that determines the commands of an extension, as far as that can be known.

The engine uses it to find an extension up to date before its commands are recorded, where setuptools itself would. That
is only right if the code that would record them is distutils' and setuptools' own, and everything that this code looks
at is known: a project's replacement could look at anything.
"""

import functools
import hashlib
import marshal
import operator
import os
import re
import sys
import types

# The attributes of an extension that the base methods read (distutils and setuptools, `extension.py`).
_READ = (
    "name sources include_dirs define_macros undef_macros library_dirs libraries runtime_library_dirs extra_objects "
    "extra_compile_args extra_link_args export_symbols swig_opts depends language optional py_limited_api"
).split()
# The attributes of a build_ext other than settings that determine commands: the project, the compiler, all extensions,
# how much is printed, and the objects that were made last.
_OTHERS = {"distribution", "compiler", "extensions", "ext_map", "shlibs", "verbose", "_built_objects"}
# The suffixes of files from which the base methods generate other files before anything is compiled.
_GENERATING = (".i", ".pyx", ".py")
# The names that a project's own build_ext may define: none is used between the first extension and the last one.
_FREE = set(
    (
        "run initialize_options finalize_options build_extensions get_outputs get_output_mapping get_source_files "
        "check_extensions_list copy_extensions_to_source user_options help_options boolean_options negative_opt "
        "sub_commands description command_name command_consumes_arguments"
    ).split()
)
# The modules whose functions the base methods of build_ext and the compilers call to make command lines.
_MODULES = ["sysconfig", "setuptools.extension"] + [
    root + name
    for root in ("distutils", "setuptools._distutils")
    for name in (".ccompiler", ".util", ".sysconfig", "._modified", ".dep_util", ".extension")
]
_first = operator.itemgetter(0)


class _Unknown(Exception):
    """The error for a value that is neither plain data nor Python's or setuptools' own code."""


class Base:
    """The base code with which a build_ext makes command lines, and the data that this code holds."""

    def __init__(self, command):
        self.folders = folders = _folders()
        compiler = type(command.compiler)
        classes = [cls for cls in type(command).__mro__ + compiler.__mro__ if cls is not object]
        own = [cls for cls in classes if not _is_base_class(cls, folders)]
        if any(issubclass(compiler, cls) for cls in own):
            raise _Unknown(compiler)
        classes = [cls for cls in classes if cls not in own]
        for cls in own:
            taken = [name for name in vars(cls) if not name.startswith("__") and name not in _FREE]
            if _computes(cls) or any(name in vars(base) for name in taken for base in classes):
                raise _Unknown(cls)
        names = sorted(set(_MODULES).union(cls.__module__ for cls in classes).intersection(sys.modules))
        modules = [sys.modules[name] for name in names]
        spaces = [(module.__name__, vars(module)) for module in modules]
        spaces += [(_name(cls), vars(cls)) for cls in classes]
        described = [
            (where, name, _describe(value, folders))
            for where, space in spaces
            for name, value in sorted(space.items(), key=_first)
            if not name.startswith("__")
        ]
        self.digest = hashlib.sha256(marshal.dumps(described, 2)).digest()
        # The files of this code.
        self.files = sorted({os.path.abspath(module.__file__) for module in modules})
        # Whether methods of a project may look at what the base methods leave behind.
        self.is_extended = bool(own)


def _computes(cls):
    """Returns whether attributes of a class may differ from what was set. Then a look at one may do anything."""
    return any(
        name in ("__getattr__", "__getattribute__", "__setattr__") or hasattr(type(value), "__set__")
        for name, value in vars(cls).items()
        if name not in ("__dict__", "__weakref__")
    )


_PLAIN = {str, int, bool, bytes, float, type(None)}
_PATTERN = type(re.compile(""))
# Objects of these packages and types hold no project code.
_INERT = {"typing", "__future__", "logging", "distutils", "setuptools"}
_INERT_TYPES = (
    "types.UnionType types.GenericAlias _thread.RLock _thread.lock dataclasses._MISSING_TYPE weakref.WeakKeyDictionary"
).split()


# The types of objects that hold other code, and the attributes that hold it.
_PARTS = [
    (types.MethodType, ("__self__", "__func__")),
    ((staticmethod, classmethod), ("__func__",)),
    (property, ("fget", "fset")),
    (functools.partial, ("func", "args", "keywords")),
]


def _describe(value, folders):
    """Returns what a name in base code stands for, in plain data."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is types.FunctionType:
        return _describe_function(value, folders)
    if kind is dict or kind is list or kind is tuple:
        try:
            return marshal.dumps(value, 2)
        except ValueError:
            items = value.items() if kind is dict else value
            return [_describe(item, folders) for item in items]
    if isinstance(value, type):
        if not _is_base_class(value, folders):
            raise _Unknown(value)
        return "class", _name(value)
    if isinstance(value, types.ModuleType):
        if not _is_base_module(value, folders):
            raise _Unknown(value)
        return "module", value.__name__
    for types_of, names in _PARTS:
        if isinstance(value, types_of):
            return [_name(kind)] + [_describe(getattr(value, name), folders) for name in names]
    if isinstance(value, _PATTERN):
        return "pattern", value.pattern
    if hasattr(value, "cache_info"):
        return "cache", _describe(value.__wrapped__, folders)
    if kind is set or kind is frozenset:
        return "set", sorted(repr(_describe(item, folders)) for item in value)
    if kind is types.BuiltinFunctionType and isinstance(value.__self__, types.ModuleType):
        return "function", value.__module__, value.__qualname__
    if kind.__module__.partition(".")[0] in _INERT or _name(kind) in _INERT_TYPES:
        return "object", _name(kind)
    raise _Unknown(value)


def _describe_function(function, folders):
    file = function.__code__.co_filename
    if not _is_base_module(_module_of(function), folders) or not _is_in(file, folders):
        raise _Unknown(function)
    described = [function.__module__, function.__qualname__]
    if file.startswith(_OWN):
        # A hook determines nothing that the function it replaces does not.
        return described + [_describe(vars(function).get("__wrapped__"), folders)]
    # A decorator from the library may hold a project's code.
    held = [function.__defaults__, function.__kwdefaults__, vars(function).get("__wrapped__")]
    for cell in function.__closure__ or ():
        try:
            held.append(cell.cell_contents)
        except ValueError:
            continue
    return described + [_describe(value, folders) for value in held if value is not function]


def _name(cls):
    return cls.__module__ + "." + cls.__qualname__


def _is_base_class(cls, folders):
    """Returns whether a class is Python's or setuptools' own, by the name of its module and by all functions in it."""
    held = [getattr(value, "__func__", getattr(value, "fget", value)) for value in vars(cls).values()]
    modules = [_module_of(value) for value in held if isinstance(value, types.FunctionType)]
    return all(_is_base_module(module, folders) for module in [sys.modules.get(cls.__module__)] + modules)


def _is_base_module(module, folders):
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        return _is_in(file, folders)
    return any(sys.modules.get(name) is module for name in sys.builtin_module_names) if module else False


def _module_of(function):
    """Returns the module that a function's code belongs to. A module's name can be borrowed, its namespace can't."""
    space = function.__globals__
    # Not `__name__`: `_collections_abc` calls itself `collections.abc`.
    module = sys.modules.get(getattr(space.get("__spec__"), "name", None))
    return module if module is not None and vars(module) is space else None


def _is_in(file, folders):
    return file.startswith(folders) or file.startswith(_LIBRARY) and not file.startswith(_INSTALLED)


_LIBRARY = os.path.dirname(os.__file__) + os.sep
_OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep
_INSTALLED = (_LIBRARY + "site-packages" + os.sep, _LIBRARY + "dist-packages" + os.sep)


def _folders():
    """Returns the directories of base code other than Python's library: those of setuptools, of Cython, whose build_ext
    may be the base of setuptools' own, and of ambidex."""
    modules = [sys.modules.get(name) for name in ("setuptools", "_distutils_hack", "Cython", "ambidex")]
    folders = [os.path.dirname(module.__file__) + os.sep for module in modules if module is not None]
    return tuple(folders + ["<frozen "])


def of(command, ext, target, base):
    """Returns a hash of everything that determines the commands with which the base build_extension of this build_ext
    makes the target, or None if part of it can't be compared."""
    settings = {name: value for name, value in vars(command).items() if name not in _OTHERS}
    compiler = {name: value for name, value in vars(command.compiler).items() if name != "verbose"}
    classes = [cls for cls in type(ext).__mro__ if not _is_base_class(cls, base.folders)]
    if any(_computes(cls) or any(name in vars(cls) for name in _READ) for cls in classes):
        return None
    extension = vars(ext)
    if any(source.endswith(_GENERATING) for source in ext.sources):
        return None
    parts = [
        sys.version,
        sys.platform,
        os.name,
        sys.executable,
        sys.prefix,
        base.digest,
        target,
        # Directories may be links, and lead elsewhere next time.
        [os.path.realpath(folder) for folder in (os.path.dirname(target), command.build_temp)],
        sorted(settings.items(), key=_first),
        sorted(compiler.items(), key=_first),
        sorted(extension.items(), key=_first),
    ]
    try:
        # `marshal` takes only the plain types themselves, and no classes derived from them. Version 2 writes equal
        # values in one way.
        return hashlib.sha256(marshal.dumps(parts, 2)).hexdigest()
    except ValueError:
        return None


def base_of(command):
    """Returns the base code of a build_ext, or None if a project has replaced some of it."""
    try:
        return Base(command)
    except _Unknown:
        return None
