"""Knows what calls of an overridden `build_extension` could share besides files, and notices when one changes it.

The code of the overrides tells which globals, class attributes and closures it can come to. Their values are
followed through lists, dicts, sets and objects of the project, so that every change can be seen and taken back.
What can't be followed (an iterator, an open file) makes running ahead too bold.
"""

import os
import re
import sys
import types

_PLAIN = (str, bytes, int, float, complex, bool, type(None), type(Ellipsis), type(NotImplemented))
_FIXED = _PLAIN + (
    range,
    slice,
    property,
    classmethod,
    staticmethod,
    type(re.compile("")),
    types.ModuleType,
    types.BuiltinFunctionType,
    types.MethodType,
    type(str.join),
    type(object.__init__),
    os.PathLike,
)
_CONTAINERS = (list, dict, set)
# More than this is not worth watching at every change of lanes.
_LIMIT = 20000


class TooBold(Exception):
    """There is something that could be shared and can't be followed."""


def _is_installed(file):
    return "site-packages" in file or "dist-packages" in file


def is_of_python(module_name):
    """Whether a module is part of Python itself."""
    file = getattr(sys.modules.get(module_name), "__file__", None)
    if not file:
        return module_name != "__main__"
    library = os.path.dirname(os.path.realpath(os.__file__))
    return os.path.realpath(file).startswith(library + os.sep) and not _is_installed(file)


def is_of_project(module_name):
    """Whether a module belongs to the project that is built: it lies neither with Python nor with what is installed."""
    file = getattr(sys.modules.get(module_name), "__file__", "")
    return module_name == "__main__" or not (is_of_python(module_name) or _is_installed(file))


def codes(code):
    """A code object and all that are defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            for inner in codes(constant):
                yield inner


class Reach:
    """What the overriding methods of a command can come to, by the names in their code."""

    def __init__(self, command, extensions):
        self._classes = [cls for cls in type(command).__mro__ if is_of_project(cls.__module__)]
        self._seen = set()
        self.roots = []
        for cls in self._classes:
            self._add_class(cls)
        # Every method of the project's command class may be called by build_extension.
        self.roots.append(vars(command.distribution))
        own = set(map(id, extensions))
        self.roots.extend(value for value in vars(command).values() if id(value) not in own)

    def _add_class(self, cls):
        if id(cls) in self._seen:
            return
        self._seen.add(id(cls))
        self.roots.append(cls)
        for value in list(vars(cls).values()):
            function = getattr(value, "__func__", value)
            if isinstance(function, types.FunctionType):
                if function.__name__ not in _AROUND_THE_CALLS:
                    _refuse_other_extensions(function)
                self._add_function(function)

    def _add_function(self, function):
        if id(function) in self._seen:
            return
        self._seen.add(id(function))
        if not is_of_project(function.__module__):
            return
        self.roots.append(function.__defaults__)
        self.roots.append(function.__kwdefaults__)
        self.roots.append(vars(function))
        for cell in function.__closure__ or ():
            try:
                self._add_value(cell.cell_contents)
            except ValueError:
                # An empty cell.
                continue
            self.roots.append(cell)
        for code in codes(function.__code__):
            for name in code.co_names:
                if name in function.__globals__:
                    self._add_value(function.__globals__[name])
                    self.roots.append(_Global(function.__globals__, name))

    def _add_value(self, value):
        if isinstance(value, types.FunctionType):
            self._add_function(value)
        elif isinstance(value, type):
            if is_of_project(value.__module__):
                self._add_class(value)
        elif isinstance(value, types.ModuleType):
            if is_of_project(value.__name__):
                # Any function of it may be called, and any of its variables set.
                for name, inner in list(vars(value).items()):
                    if not name.startswith("__") and not isinstance(inner, types.ModuleType):
                        self._add_value(inner)
                        self.roots.append(_Global(vars(value), name))
        elif not _is_followed(value) and not isinstance(value, _FIXED):
            raise TooBold(type(value).__name__)


# Methods of build_ext that run before or after all calls of build_extension: these may look at all extensions.
_AROUND_THE_CALLS = {
    "__init__",
    "initialize_options",
    "finalize_options",
    "run",
    "build_extensions",
    "get_outputs",
    "get_source_files",
}


def _refuse_other_extensions(function):
    """A call that knows all extensions may change one that is not its own."""
    for code in codes(function.__code__):
        if {"extensions", "ext_modules", "ext_map", "shlibs"} & set(code.co_names):
            raise TooBold("the list of extensions")


class _Global:
    """A variable of a module, as something that has one value."""

    def __init__(self, namespace, name):
        self.namespace = namespace
        self.name = name


_CELL = type((lambda x: lambda: x)(0).__closure__[0])
_ABSENT = object()


def _is_followed(value):
    return isinstance(value, _CONTAINERS + (tuple, frozenset)) or _has_attributes(value)


def _has_attributes(value):
    """Whether this is an object of the project, or an extension: changes of its attributes can be seen."""
    cls = type(value)
    if not hasattr(value, "__dict__") or isinstance(value, (type, types.ModuleType, types.FunctionType)):
        return False
    bases = {base.__name__ for base in cls.__mro__}
    return "Extension" in bases or ("Command" not in bases and is_of_project(cls.__module__))


def _content(thing):
    """What a thing holds, so that it can be compared and put back."""
    if type(thing) is _Global:
        return [thing.namespace.get(thing.name, _ABSENT)]
    if type(thing) is _CELL:
        return [thing.cell_contents]
    if isinstance(thing, dict):
        return dict(thing)
    if isinstance(thing, (list, set)):
        return type(thing)(thing) if type(thing) in _CONTAINERS else list(thing)
    if isinstance(thing, type):
        return {name: value for name, value in vars(thing).items() if not name.startswith("__")}
    return dict(vars(thing))


def _parts(content):
    return content.values() if isinstance(content, dict) else content


def _same(one, other):
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_equal(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return one == other


def _equal(one, other):
    return one is other or (type(one) is type(other) and isinstance(one, _PLAIN) and one == other)


def _put_back(thing, content):
    if type(thing) is _Global:
        if content[0] is _ABSENT:
            thing.namespace.pop(thing.name, None)
        else:
            thing.namespace[thing.name] = content[0]
    elif type(thing) is _CELL:
        thing.cell_contents = content[0]
    elif isinstance(thing, list):
        thing[:] = content
    elif isinstance(thing, type):
        for name in set(_content(thing)) - set(content):
            delattr(thing, name)
        for name, value in content.items():
            if vars(thing).get(name, _ABSENT) is not value:
                setattr(thing, name, value)
    else:
        target = thing if isinstance(thing, (dict, set)) else vars(thing)
        target.clear()
        target.update(content)


class Snapshot:
    """The content of everything that can be reached from some things, as it is now."""

    def __init__(self, roots, without=()):
        self._things = {}
        self._left_out = set(without)
        # What was left out and would have been reached.
        self.met = set()
        queue = list(roots)
        while queue:
            thing = queue.pop()
            if id(thing) in self._left_out:
                self.met.add(id(thing))
                continue
            if id(thing) in self._things:
                continue
            if isinstance(thing, (tuple, frozenset)):
                queue.extend(thing)
                continue
            watched = isinstance(thing, _CONTAINERS + (type, _Global, _CELL)) or _has_attributes(thing)
            if not watched or (isinstance(thing, type) and not is_of_project(thing.__module__)):
                continue
            content = _content(thing)
            self._things[id(thing)] = thing, content
            queue.extend(_parts(content))
            if len(self._things) > _LIMIT:
                raise TooBold("so much")

    def ids(self):
        """By which the things are known."""
        return set(self._things)

    def is_same(self):
        """Whether nothing was changed since."""
        return all(_same(content, _content(thing)) for thing, content in self._things.values())

    def put_back(self):
        """Take back every change."""
        for thing, content in self._things.values():
            if not _same(content, _content(thing)):
                _put_back(thing, content)
