"""Calls of functions that generate files, each made in a copy of this process while the process goes on.

The copy is made by fork at the very place of the call, so it has everything that the call would find. The engine starts
it when a job is free, and treats it as any command: it is observed, its outputs are renamed, its text is printed in its
turn. If the call fails, or does more than to write its outputs, Python goes back to before it and makes it itself.
"""

import functools
import gc
import os
import sys
import types

from ambidex import _answers, _copy, _imports, _library, _looks, _session

_numbers = iter(range(1, 1 << 62))


def is_possible(session):
    """Returns whether calls can be made in copies now."""
    is_audited = _imports.has_audit_hook
    return _library.is_active and not (session.is_starting or is_audited) and session.environment() is not None


def make(session, call, run):
    """Makes a call in a copy. Returns True if this process may go on as if it had succeeded, and None if this process
    must make it itself. In the copy, does not return."""
    words = call.argv + call.inputs + call.outputs
    try:
        folder = os.getcwd()
    except OSError:
        return None
    if not _session.is_text(words + [folder]):
        return None
    session.is_starting = True
    try:
        session.catch_up()
        call.prepare()
        _has_calls(session)
        program = os.readlink("/proc/self/exe")
        # From here on, this process looks at nothing: if everything were done in the meantime, the snapshot would go.
        if not session.is_predictable():
            return None
        number = next(_numbers)
        answer = _library.ask("call {}".format(number))
        if answer == "go":
            _copy.make(call, run)
        if answer != "taken":
            # The snapshot is for nothing. If the process went back to it later, all that it does now would be repeated.
            session.is_starting = False
            session.wait()
            return None
        described = {
            "number": number,
            "program": program,
            "inputs": call.inputs,
            "outputs": call.outputs,
            "prints": [_prints_at_once(sys.stdout), _prints_at_once(sys.stderr)],
            "translates": call.translates,
            "unremembered": call.unremembered,
            "code": _new_code() if call.translates else [],
        }
        _answers.note_call(number, call.translates)
        status = session.record_call(call, folder, described)
        return None if status is None else True
    finally:
        session.is_starting = False


def _has_calls(session):
    """Prepares this process for pending outputs of calls in the project."""
    if not session.has_calls:
        session.has_calls = True
        below = os.path.join(os.path.realpath(_imports.started_in), "")

        # Asked once for each path: to resolve a path is to look at it.
        @functools.lru_cache(maxsize=None)
        def is_in_project(path):
            return os.path.join(os.path.realpath(path or "."), "").startswith(below)

        _looks.look_for_each(is_in_project)


# The modules whose files the engine knows.
_known = set()


def _new_code():
    """Returns the files of the modules that are not the project's and that the engine does not know yet: they are the
    code of each call, and of all that it calls. What the project's own code has changed is described by calls."""
    files = []
    folders = [os.path.join(path, "") for path in (_imports.started_in, os.path.realpath(_imports.started_in))]
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        if name in _known or not isinstance(file, str):
            continue
        _known.add(name)
        if name in _CUSTOMIZATIONS and not _has_functions(module):
            continue
        file = os.path.abspath(file)
        # Not by the real path: to resolve a path is to look at it.
        is_installed = not file.startswith(tuple(folders)) or _is_below_packages(file)
        if is_installed and name != "__main__" and name.partition(".")[0] != "ambidex" and os.path.isfile(file):
            files.append(file)
    return [file for file in files if _session.is_text([file])]


# Modules that Python runs when it starts, for what they change (Python's documentation of `site`). Calls describe what
# they have changed, and nobody imports anything from them. The one that pip writes for a build has the path of the
# build's environment in its text, another one each time.
_CUSTOMIZATIONS = ("sitecustomize", "usercustomize")


def _has_functions(module):
    """Returns whether there still may be a function of a module that has run."""
    # A compiled module has functions of another kind, and those that gc.freeze() has set aside aren't found.
    if not module.__file__.endswith(".py") or getattr(gc, "get_freeze_count", int)():
        return True
    functions = [each for each in gc.get_objects() if type(each) is types.FunctionType]
    return any(each.__globals__ is vars(module) or each.__code__.co_filename == module.__file__ for each in functions)


def _is_below_packages(file):
    return not {"site-packages", "dist-packages"}.isdisjoint(file.split(os.sep))


def _prints_at_once(stream):
    """Returns whether text that is written to a stream of this process appears at once, at least after each line."""
    return bool(getattr(stream, "line_buffering", False) or getattr(stream, "write_through", False))
