"""Knows how to call one hook of a build backend (PEP 517, "Build environment"). Run by `python -c` for `ambidex wheel`.

The only argument is JSON: `backend`, `backend_path`, `hook`, `arguments`, and `result`, the file that the answer goes
to: `returned`, or `missing` (the hook), or `unavailable` (why the backend can't be imported).
"""

import json
import sys
import traceback


def _find(name, folders):
    sys.path[:0] = folders
    module, _, rest = name.partition(":")
    __import__(module)
    found = sys.modules[module]
    for part in rest.split(".") if rest else []:
        found = getattr(found, part)
    return found


def _call(call):
    try:
        backend = _find(call["backend"], call["backend_path"])
    except ImportError as error:
        if error.name is None or not call["backend"].startswith(error.name):
            # It is there, but can't import something else.
            traceback.print_exc()
        return {"unavailable": str(error)}
    hook = getattr(backend, call["hook"], None)
    if hook is None:
        return "missing"
    return {"returned": hook(*call["arguments"])}


def _main():
    call = json.loads(sys.argv.pop())
    # The project's own folder must not be on the path; `python -c` puts it there.
    if "" in sys.path:
        sys.path.remove("")
    try:
        answer = _call(call)
    except Exception as error:
        # The project's mistake is told without the way that led to it.
        trace = error.__traceback__
        while trace is not None and trace.tb_frame.f_globals is globals():
            trace = trace.tb_next
        traceback.print_exception(type(error), error, trace)
        sys.exit(1)
    with open(call["result"], "w") as file:
        json.dump(answer, file)


_main()
