"""Which objects have a value that can be compared with one of another process, and whose code something is."""

# Nearly all of these are there in every Python. This may be imported when Python starts.
import _operator
import builtins
import gc
import itertools
import os
import sys
import types

# A project may replace the functions later.
referents_of, chain, is_identical = gc.get_referents, itertools.chain.from_iterable, _operator.is_
LIBRARY = os.path.dirname(os.__file__) + os.sep
OWN = os.path.dirname(os.path.abspath(__file__)) + os.sep
IS_MADE, HAS_PARTS = 1 << 9, 1 << 14  # Py_TPFLAGS_HEAPTYPE, Py_TPFLAGS_HAVE_GC


class Unknown(Exception):
    """The error for a change that has no value: nobody can tell whether another process has made the same one."""


def must(holds, obj):
    if not holds:
        name = getattr(obj, "__qualname__", None) or getattr(obj, "__name__", None) or type(obj).__qualname__
        raise Unknown("nobody knows what `{}` does".format(name))


def is_below_packages(file):
    return "/site-packages/" in file or "/dist-packages/" in file


def is_pythons(file):
    """Returns whether code from this file belongs to Python's library or to ambidex."""
    return file.startswith((OWN, "<frozen ")) or file.startswith(LIBRARY) and not is_below_packages(file)


def is_installed(file):
    """Returns whether code from this file has been installed, so that it isn't code of the project that is built."""
    if is_pythons(file) or is_below_packages(file):
        return True
    cython = getattr(sys.modules.get("Cython"), "__file__", None)
    return cython is not None and file.startswith(os.path.join(os.path.dirname(os.path.dirname(cython)), ""))


def is_module(is_right, module):
    """Returns whether the file of a module is where it must be. Python has some modules inside."""
    file = getattr(module, "__file__", None)
    if isinstance(file, str):
        return is_right(file)
    loader = getattr(getattr(module, "__spec__", None), "loader", None)
    return getattr(loader, "__name__", None) in ("BuiltinImporter", "FrozenImporter")


def module_name(cls):
    # A metaclass of Cython's has an attribute of this name for its classes.
    name = cls.__module__
    return name if isinstance(name, str) else type.__repr__(cls).partition("'")[2].rpartition(".")[0]


def name_of(cls):
    return "{}.{}".format(module_name(cls), cls.__qualname__)


def module_of(cls):
    """Returns the module that has a class, or None."""
    if not cls.__flags__ & IS_MADE:
        return builtins
    name = module_name(cls)
    # `_collections_abc` calls itself `collections.abc`, and may be there without it.
    module = sys.modules.get("_collections_abc" if name == "collections.abc" else name)
    # Classes made in C may name a module that isn't there.
    is_empty = module is None and not any(isinstance(value, types.FunctionType) for value in vars(cls).values())
    return builtins if is_empty else module


def is_cythons(name):
    return name.partition(".")[0] in ("Cython", "cython") or name.startswith("_cython_")


def modules_of_cython():
    return {name: obj for name, obj in list(sys.modules.items()) if name.partition(".")[0] in ("Cython", "cython")}


PLAIN = {type(None), bool, int, float, str, bytes}


def value_of(obj, taken=()):
    """Returns an object that consists of plain types in a form that JSON has. `taken` has the containers that must not
    be part of it: those that Cython has elsewhere, or that come twice. Who changes one of them changes the other."""
    kind = type(obj)
    if kind is float or kind is bytes:
        return [kind.__name__, obj.hex()]
    if kind in PLAIN:
        return obj
    must(kind in (tuple, list, dict, set, frozenset) and id(obj) not in taken, obj)
    if kind not in (tuple, frozenset):
        taken = taken or set()
        taken.add(id(obj))
    parts = [value_of(part, taken) for part in (chain(obj.items()) if kind is dict else obj)]
    return [kind.__name__] + (sorted(parts, key=repr) if kind in (set, frozenset) else parts)


def label_of(key):
    """Returns a text for a key that has a value, or None."""
    try:
        return repr(value_of(key))
    except Unknown:
        return None


def are_identical(old, new):
    return len(old) == len(new) and all(map(is_identical, old, new))


# Stands for an object that is not there, and comes after what an object refers to.
END = object()

FREE = (
    "__name__ __doc__ __file__ __cached__ __path__ __loader__ __spec__ __package__ __builtins__ __dict__ __weakref__ "
    "__module__ __qualname__ __annotations__ __warningregistry__ __firstlineno__ __static_attributes__ __tree_hash__ "
    "_value2member_map_ _abc_cache _abc_negative_cache _abc_negative_cache_version _abc_registry"
)
FREE = set(FREE.split())


def is_executed(function):
    """Returns whether a module of a library made a function from text, as `collections.namedtuple` does."""
    name = function.__globals__.get("__name__")
    module = sys.modules.get(name)
    is_right = str(name).startswith("namedtuple_")
    if module is not None:
        is_right = vars(module) is function.__globals__ and is_module(is_installed, module)
    return is_right and function.__code__.co_filename.startswith("<string")


def is_as_imported(name, module):
    """Returns whether a module was made by the import system and its code has not run yet, or whether it is one that
    `cython` imports when somebody looks at its attributes: most often somebody who looks at all modules."""
    if getattr(module.__spec__, "_initializing", False) and FREE.issuperset(vars(module)):
        return True
    is_right = sys.modules.get(module.__name__) is module and is_module(is_pythons, module)
    return is_right and name == "cython." + module.__name__


def is_hook(value, original):
    """Returns whether this is ambidex's hook of a function. It changes nothing that the function does."""
    if not isinstance(value, types.FunctionType) or not value.__code__.co_filename.startswith(OWN):
        return False
    while value is not original and hasattr(value, "__wrapped__"):
        value = value.__wrapped__
    return value is original


def submodule_of(package, name):
    return sys.modules.get("{}.{}".format(package, name), END)


def registered_with(cls):
    """Returns the classes that are registered with an abstract class."""
    if "_abc_registry" in vars(cls):
        return list(vars(cls)["_abc_registry"])
    import _abc

    return [each for each in (weak() for weak in _abc._get_dump(cls)[0]) if each is not None]
