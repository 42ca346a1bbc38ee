"""How Python itself looks at directories: the import system and `glob` list them, which would show other files that are
still to be made there, and so wait for these.

What is replaced here behaves as before until somebody says in which directories each file must be looked for.
"""

import glob
import os
import sys
import types
from importlib import machinery

from ambidex import _library


class _All:
    """Stands for the names in a directory of the search path: each is looked for by itself."""

    def __contains__(self, name):
        return True


def _in_none(path):
    return False


class _Where:
    """The directories in which each file is looked for by itself."""

    is_concerned = staticmethod(_in_none)


def look_for_each(is_concerned):
    """Has the import system look for each file by itself in these directories, instead of listing them, and `glob` say
    for which names it lists them."""
    _Where.is_concerned = staticmethod(is_concerned)
    for finder in list(sys.path_importer_cache.values()):
        if isinstance(finder, machinery.FileFinder) and is_concerned(finder.path):
            _fill(finder)


def _fill(finder):
    finder._path_cache = finder._relaxed_path_cache = _All()


def _hook_finder(finders):
    # The module in which the class is, under its own name.
    module = sys.modules["_frozen_importlib_external"]
    list_all, find = vars(finders)["_fill_cache"], vars(finders)["find_spec"]

    def fill_cache(finder):
        (_fill if _Where.is_concerned(finder.path) else list_all)(finder)

    def find_spec(finder, fullname, target=None):
        if _Where.is_concerned(finder.path):
            _fill(finder)
            stat = module._path_stat

            def know(_):
                # The directory's time would only tell whether to list it again (Python, `FileFinder.find_spec`).
                module._path_stat = stat
                return types.SimpleNamespace(st_mtime=finder._path_mtime)

            module._path_stat = know
        return find(finder, fullname, target)

    finders._fill_cache, finders.find_spec = fill_cache, find_spec


def _hook_glob(original):
    def glob1(dirname, pattern, *more, **named):
        text = os.fsdecode(pattern)
        is_simple = text.count("*") == 1 and not set(text) & set("?[")
        is_simple = is_simple and not any(isinstance(what, int) and not isinstance(what, bool) for what in more)
        if _Where.is_concerned is _in_none or not is_simple:
            return original(dirname, pattern, *more, **named)
        _library.ask("match " + os.path.join(os.fsdecode(dirname) or ".", text))
        try:
            return original(dirname, pattern, *more, **named)
        finally:
            _library.ask("match ")

    return glob1


_hook_finder(machinery.FileFinder)
if hasattr(glob, "_glob1"):
    glob._glob1 = _hook_glob(glob._glob1)
