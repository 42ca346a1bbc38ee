"""Captures a Python that is started below ambidex, and leaves no other trace.

ambidex lays this file out beside the package, and puts their directory first on PYTHONPATH. `site` imports the first
`sitecustomize` that it finds, which is this one; this one then runs the environment's own as if `site` had imported
that. It is in a directory of its own here, so that nothing imports it where the package is installed.
"""

import sys


def _run_the_environments_own():
    """Imports the sitecustomize that this file hides, with the directory of this file off the path."""
    this = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # noqa: F401
    except ImportError as error:
        # Only the absence of the module itself is normal. `site` reports everything else, and does so here too.
        if getattr(error, "name", None) != "sitecustomize":
            raise
        if this is not None:
            sys.modules["sitecustomize"] = this


def _start():
    here = __file__.rpartition("/")[0]
    if sys.version_info >= (3, 6):
        # The directory is ambidex's own, and needs byte code to be kept even if others don't.
        told, sys.dont_write_bytecode = sys.dont_write_bytecode, False
        import ambidex._imports

        sys.dont_write_bytecode = told
        ambidex._imports.install(keeps_own=True)
    # The package keeps its own __path__, so nothing needs to see the directory from here on.
    sys.path[:] = [entry for entry in sys.path if entry != here]
    _run_the_environments_own()


_start()
