"""Knows how a Python that is started below ambidex comes to be captured, and leaves no other trace.

ambidex lays this file out beside the package, and puts their folder first on PYTHONPATH. `site` imports the first
`sitecustomize` it finds, which is this one; the environment's own is run as if this one were not there. It is in a
folder of its own here, so that nothing imports it where the package is installed.
"""

import sys


def _run_the_environments_own():
    """Import the sitecustomize that this file hides, with the folder of this file off the path."""
    this = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # noqa: F401
    except ImportError as error:
        # Only the absence of the module itself is normal; `site` reports everything else, and so it does here.
        if getattr(error, "name", None) != "sitecustomize":
            raise
        if this is not None:
            sys.modules["sitecustomize"] = this


def _start():
    here = __file__.rpartition("/")[0]
    if sys.version_info >= (3, 6):
        import ambidex._imports

        ambidex._imports.install()
    # The package keeps its own __path__; from here on the folder need not be seen by anybody.
    sys.path[:] = [entry for entry in sys.path if entry != here]
    _run_the_environments_own()


_start()
