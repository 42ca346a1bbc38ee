"""What each object of Cython refers to, as the garbage collector sees it, and how that differs from before."""

import _functools
import _operator
import builtins
import itertools
import types

from ambidex._values import (
    END,
    HAS_PARTS,
    PLAIN,
    are_identical,
    chain,
    is_as_imported,
    is_cythons,
    is_executed,
    is_hook,
    is_installed,
    is_module,
    label_of,
    module_name,
    module_of,
    modules_of_cython,
    must,
    referents_of,
    submodule_of,
    value_of,
)

# Comes after what each object refers to.
_AND_END = (END,)
_is_before_end = _functools.partial(_operator.is_not, END)


class Notes:
    """Objects, and what each of them referred to when that was last noted."""

    def __init__(self, nodes):
        self.nodes = nodes
        self._are_dicts = [issubclass(type(node), dict) for node in nodes]
        # The collector shows no strings that are keys, and no order. It shows both for subclasses that have their own.
        self._dicts = [node for node in nodes if issubclass(type(node), dict)]
        self._asked = list(chain((() if type(node) is dict else node, _AND_END) for node in nodes))
        self._held = self._look()

    def _look(self):
        keys = list(chain(map(dict.__iter__, self._dicts)))
        values = list(chain(map(dict.values, self._dicts)))
        # Before Python 3.9, an object does not refer to its type.
        kinds = list(map(type, self.nodes))
        return referents_of(*self._asked), keys, values, kinds, list(map(dict.__len__, self._dicts))

    def note(self):
        """Notes everything as it is now. Returns whether it was different."""
        was, self._held = self._held, self._look()
        return was[-1] != self._held[-1] or not all(map(are_identical, was, self._held[:-1]))

    def are_true(self):
        """Returns whether everything is as noted, with the very same objects."""
        now = self._look()
        return now[-1] == self._held[-1] and all(map(are_identical, self._held, now[:-1]))

    def referents(self):
        return chain(self._held[:3])

    def parts(self, held=None):
        """Iterates over the objects: each with its type, its items if it is a dictionary, and what else it holds."""
        referents, keys, values, kinds, counts = held or self._held
        referents, items, counts = iter(referents), zip(keys, values), iter(counts)
        for node, kind, is_dict in zip(self.nodes, kinds, self._are_dicts):
            its = list(itertools.islice(items, next(counts))) if is_dict else []
            yield node, kind, its, list(itertools.takewhile(_is_before_end, referents))

    def changed(self):
        """Iterates over the objects that are not as noted, with what they were and what they are now."""
        for old, new in zip(self.parts(), self.parts(self._look())):
            are_same = old[1] is new[1] and are_identical(old[3], new[3])
            if not are_same or not are_identical(*[list(chain(each[2])) for each in (old, new)]):
                yield old, new


# What is done with an object that Cython refers to: nothing, if it can't change or belongs to others; what it refers to
# is looked at; it is noted too; or it is noted, and may have parts that the collector doesn't show.
_SKIPPED, _PASSED, _NOTED, _OPENED = range(4)
_WAYS = dict.fromkeys(PLAIN.union((types.CodeType, types.FrameType, types.TracebackType)), _SKIPPED)
_WAYS.update(dict.fromkeys((tuple, frozenset, types.MethodType, types.BuiltinFunctionType), _PASSED))
_WAYS.update(dict.fromkeys((list, set, _functools.partial), _NOTED))
# Objects of these modules are files, and the import system's own.
_FOREIGN = ("_io", "_frozen_importlib", "_frozen_importlib_external", "importlib", "zipimport", "logging")
# The collector does not show what these contain.
_HIDING = ("StringIO", "BytesIO", "bytearray", "array")


def parts_behind_attributes(obj):
    """Returns what the collector may not show: the dictionary of a type that is made in C, and that of an object which
    has none until it is asked for it. Whoever reads attributes of a function makes more of them: no change."""
    if isinstance(obj, type):
        return referents_of(type.__dict__["__dict__"].__get__(obj))
    more = []
    for name in _MADE_WHEN_READ if hasattr(type(obj), "__code__") else ("__dict__",):
        try:
            more.append(object.__getattribute__(obj, name))
        except Exception:
            # It has none.
            continue
    return more


_MADE_WHEN_READ = "__dict__ __annotations__ __name__ __qualname__ __doc__ __defaults__ __kwdefaults__".split()


class Graph:
    """All objects that Cython's modules refer to, up to those of others."""

    def __init__(self):
        self._roots, self._spaces, self._limit = {}, set(), 0
        self._clear()

    def _clear(self):
        # The ids of all objects that are noted or passed. These are kept, so that no other object gets such an id.
        self._notes, self._known, self._kept = [], set(), []

    def note(self):
        """Notes what all objects refer to now."""
        self._roots = modules_of_cython()
        self._spaces = {id(vars(obj)) for obj in self._roots.values() if isinstance(obj, types.ModuleType)}
        is_new = len(self._known) >= self._limit
        if is_new:
            # Some may be gone. To look for all that are there takes long, and happens only now and then.
            self._clear()
        found = chain([self._roots.values()] + [notes.referents() for notes in self._notes if notes.note()])
        while found is not None:
            noted, passed, more = self._new(found)
            notes = [Notes(noted[start : start + 500]) for start in range(0, len(noted), 500)]
            self._notes += notes
            self._kept += passed
            parts = [more, referents_of(*passed)] + [each.referents() for each in notes]
            found = chain(parts) if noted or passed else None
        if is_new:
            self._limit = 2 * len(self._known)

    def _new(self, found):
        known, noted, passed, more = self._known, [], [], []
        for obj in found:
            way = _WAYS.get(type(obj))
            if way is not _SKIPPED and id(obj) not in known:
                way = self._way(obj) if way is None else way
                if way is not _SKIPPED:
                    known.add(id(obj))
                    (passed if way is _PASSED else noted).append(obj)
                    if way is _OPENED:
                        more += parts_behind_attributes(obj)
        return noted, passed, more

    def _way(self, obj):
        kind = type(obj)
        if kind is dict:
            is_others = obj is vars(builtins) or "__builtins__" in obj and id(obj) not in self._spaces
            return _SKIPPED if is_others else _NOTED
        if kind is types.FunctionType:
            if id(obj.__globals__) in self._spaces:
                return _OPENED
            must(is_installed(obj.__code__.co_filename) or is_executed(obj), obj)
            # What a library's decorator has made holds the function that it was made for.
            return _OPENED if obj.__closure__ or obj.__dict__ else _SKIPPED
        if issubclass(kind, types.ModuleType):
            if id(vars(obj)) in self._spaces or is_cythons(obj.__name__):
                return _NOTED
            must(is_module(is_installed, obj), obj)
            return _SKIPPED
        if issubclass(kind, type):
            if is_cythons(module_name(obj)):
                return _OPENED
            must(is_module(is_installed, module_of(obj)), obj)
            return _SKIPPED
        way = _WAYS[kind] = self._way_of_kind(kind)
        return way

    def _way_of_kind(self, kind):
        if not is_cythons(module_name(kind)):
            must(is_module(is_installed, module_of(kind)), kind)
            if module_name(kind).partition(".")[0] in _FOREIGN and kind.__name__ not in _HIDING:
                return _SKIPPED
            # Iterators do not show how far they are.
            must(not hasattr(kind, "__next__") and kind.__name__ not in _HIDING, kind)
            if not kind.__flags__ & HAS_PARTS:
                return _SKIPPED
        return _OPENED if kind.__dictoffset__ or hasattr(kind, "__code__") else _NOTED

    def changes(self):
        """Returns what is not as noted, by value."""
        now = modules_of_cython()
        for name, obj in now.items():
            must(self._roots.get(name) is obj or isinstance(obj, types.ModuleType) and is_as_imported(name, obj), obj)
        found = [[[name], "gone"] for name in self._roots if name not in now]
        pairs = [pair for notes in self._notes if not notes.are_true() for pair in notes.changed()]
        paths = self._paths({id(old[0]) for old, _ in pairs})
        taken = set(self._known) if pairs else ()
        for old, new in pairs:
            # Nothing refers to the others any more.
            if id(old[0]) in paths:
                path = paths[id(old[0])]
                differences = self._differences(old, new, path, taken)
                must(path is not None or not differences, old[0])
                found += [[path] + each for each in differences]
        return sorted(found, key=repr)

    def _differences(self, old, new, path, taken):
        (node, kind, were, referents), (_, new_kind, are, new_referents) = old, new
        must(kind is new_kind, node)
        if kind is list or kind is set:
            # The collector shows the last element of a list first.
            return [["are", value_of(kind(reversed(new_referents)), taken)]]
        found = self._different_items(were, are, path, taken)
        if not are_identical(referents, new_referents):
            must(len(referents) == len(new_referents), node)
            numbered = enumerate(zip(referents, new_referents))
            found += [["at", number, value_of(b, taken)] for number, (a, b) in numbered if a is not b]
        return found

    def _different_items(self, were, are, path, taken):
        old = {label_of(key) or id(key): (key, value) for key, value in were}
        new = {label_of(key) or id(key): (key, value) for key, value in are}
        found = [["no item", value_of(key)] for label, (key, _) in old.items() if label not in new]
        for label, (key, value) in new.items():
            before = old[label][1] if label in old else END
            if before is value or type(before) is type(value) in PLAIN and label_of(before) == label_of(value):
                continue
            if not (before is END and self._is_harmless(path, key, value) or is_hook(value, before)):
                found.append(["item", value_of(key), value_of(value, taken)])
        order = [label for label in old if label in new] + [label for label in new if label not in old]
        return found if order == list(new) else found + [["order", [value_of(key) for key, _ in are]]]

    def _is_harmless(self, path, key, value):
        """Returns whether a new item is a module that the import system adds to its package after the module's code has
        run, or the annotations of a class, which are made when somebody reads them."""
        if type(key) is not str or type(value) is dict:
            return type(key) is str and key == "__annotations__" and not value
        is_space = path is not None and len(path) == 1
        return is_space and submodule_of(path[0], key) is value and id(value) in self._known

    def _paths(self, wanted):
        """Returns the shortest way from a module to each of these objects, or None if its steps have no names."""
        homes = {id(node): notes for notes in self._notes for node in notes.nodes} if wanted else {}
        paths, state = {}, {}
        level = [(obj, [name]) for name, obj in sorted(self._roots.items(), key=_operator.itemgetter(0))]
        while level and not wanted.issubset(paths):
            following = []
            for obj, path in level:
                if id(obj) in paths or id(obj) not in self._known:
                    continue
                paths[id(obj)] = path
                if id(obj) in homes and id(obj) not in state:
                    state.update((id(part[0]), part) for part in homes[id(obj)].parts())
                _, kind, items, referents = state.get(id(obj)) or (obj, type(obj), [], referents_of(obj))
                steps = [(label_of(key), value) for key, value in items] + [(None, key) for key, _ in items]
                steps += zip(itertools.repeat(None) if kind in (set, frozenset) else itertools.count(), referents)
                steps += [("__dict__", part) for part in parts_behind_attributes(obj)]
                for name, part in steps:
                    step = [] if issubclass(kind, types.ModuleType) else [name]
                    following.append((part, None if path is None or name is None else path + step))
            level = following
        return paths
