"""What Cython's functions that remember their results have found, in this process and in copies of it.

Cython looks for a file once and remembers the answer until the process ends (`Cython.Utils.cached_function`). In the
serial build, a translation leaves such answers to the next one, even if the files have changed in between. So what a
copy has found belongs to the process that it was copied from, and to later copies.
"""

import contextlib
import functools
import json

from ambidex import _library, _session

# The answers of functions by their names and arguments: those that copies have told, and in a copy those that its own
# functions have given.
_told, _given = {}, {}


class _Calls:
    """The calls whose copies may have answers for this process."""

    # The numbers of those that have not told any yet, and whether all must be waited for.
    numbers, must_wait = [], False
    is_copy = False


def hook_utils(module):
    """Makes the functions of `Cython.Utils` that remember their answers, and those made by its decorator, know what
    copies have answered."""
    decorate = getattr(module, "cached_function", None)
    if decorate is None:
        return
    for name, function in list(vars(module).items()):
        if hasattr(function, "uncached"):
            setattr(module, name, _knowing(function))
    module.cached_function = functools.wraps(decorate)(lambda function: _knowing(decorate(function)))
    clear = getattr(module, "clear_function_caches", None)
    if clear is not None:
        module.clear_function_caches = functools.wraps(clear)(lambda: _forget() or clear())


def _knowing(original):
    # The function as Cython wrote it: older decorators give all functions one name. Those made in C may have none.
    named = original.uncached
    name = [getattr(named, attribute, None) for attribute in ("__module__", "__qualname__")]

    @functools.wraps(original)
    def function(*args):
        key = _key(name, args) if _told or _Calls.is_copy else None
        if key in _given:
            return _given[key]
        answer = _told[key] if key in _told else original(*args)
        if _Calls.is_copy and key is not None:
            _look_again(original, args, answer)
            _given[key] = answer
        return answer

    if hasattr(original, "cache_clear"):
        function.cache_clear = lambda: _forget(name) or original.cache_clear()
        function.cache_info = original.cache_info
    return function


def _look_again(original, args, answer):
    """Looks for what the process may have looked for before, so that the engine knows what the call depends on. Ends
    the copy if the files no longer give the remembered answer: it would depend on what happened before."""
    try:
        _plain(answer)
    except TypeError:
        # Other answers are not about files.
        return
    if original.uncached(*args) != answer:
        _library.ask("done 1")


def _forget(name=None):
    ask()
    for key in [key for key in _told if name is None or key.startswith(_key(name, ())[:-1])]:
        del _told[key]


def _key(name, args):
    """Returns a text for a function and its arguments, or None if nobody else can have equal arguments."""
    try:
        return json.dumps(name + _plain(args))
    except TypeError:
        return None


def _plain(value):
    """Returns a value in a form that JSON has. Raises TypeError if there is none."""
    if value is None or type(value) in (bool, int, str):
        return value
    if isinstance(value, str):
        return str(value)
    if type(value) is tuple:
        return list(map(_plain, value))
    # Descriptions of sources are equal if their names are (Cython, `Compiler.Scanning`).
    if type(value).__name__ == "FileSourceDescriptor":
        return {"source": value.filename}
    raise TypeError


def _from_json(value):
    return tuple(map(_from_json, value)) if isinstance(value, list) else value


def note_call(number, translates):
    """Notes that a copy makes the call with this number."""
    if translates:
        _Calls.numbers.append(number)
    elif _Calls.numbers:
        # What it makes may be what a translation before it does not find, and one after it would.
        _Calls.must_wait = True


def ask():
    """Asks the engine what copies have answered. To be called before Cython's own code runs."""
    session = _session.existing() if _Calls.numbers else None
    if session is None:
        return
    for number, text in session.answers(_Calls.numbers, _Calls.must_wait):
        _Calls.numbers.remove(number)
        for key, answer in json.loads(text or "[]"):
            _told.setdefault(json.dumps(key), _from_json(answer))
    _Calls.must_wait = False


def begin():
    """Begins to note answers, in a copy."""
    _Calls.is_copy = True


def tell():
    """Tells the engine what functions have answered in this copy, in pieces that a path can hold."""
    answers = []
    for key, answer in _given.items():
        # Nothing but plain values can be told. Other answers are not about files.
        with contextlib.suppress(TypeError):
            answers.append([json.loads(key), _plain(answer)])
    data = json.dumps(answers, ensure_ascii=False).encode("utf-8")
    for start in range(0, len(data), _PIECE):
        _library.ask(b"answers " + data[start : start + _PIECE])


_PIECE = 3000
