"""The hooks of PEP 517 and PEP 660: those of the project's setuptools, with extensions built by ambidex.

ambidex reads the config settings `jobs` and `verbose`, and passes on `verbose` and all others.
"""

import functools
import inspect

from setuptools import build_meta as _setuptools

from ambidex import _enable


def _standing_in(name):
    hook = getattr(_setuptools, name)

    @functools.wraps(hook)
    def stand_in(*args, **kwargs):
        call = inspect.signature(hook).bind(*args, **kwargs)
        settings = dict(call.arguments.get("config_settings") or {})
        if name in ("build_wheel", "build_editable"):
            verbose = str(settings.get("verbose", "0")).lower() not in ("false", "no", "0", "off")
            _enable.enable(settings.get("jobs"), verbose)
        settings.pop("jobs", None)
        call.arguments["config_settings"] = settings
        return hook(*call.args, **call.kwargs)

    return stand_in


# setuptools before 64 has no editable wheels. A frontend sees that by the absence of the hooks (PEP 660).
__all__ = [
    name
    for kind in ("wheel", "sdist", "editable")
    for name in ("get_requires_for_build_" + kind, "prepare_metadata_for_build_" + kind, "build_" + kind)
    if hasattr(_setuptools, name)
]
globals().update((name, _standing_in(name)) for name in __all__)
