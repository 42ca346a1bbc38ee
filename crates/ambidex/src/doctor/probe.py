"""Tells what a Python has for building extension modules. Run by `python -c` for `ambidex doctor`.

The only argument is the end of a library's name. Prints one line of JSON, and nothing else on standard output.
"""

import json
import os
import shlex
import sys
import sysconfig


def _version(name):
    """Return the version of a module, None if there is none, or an error as text that begins with `!`."""
    try:
        return getattr(__import__(name), "__version__", "of unknown version")
    except ImportError as error:
        return None if getattr(error, "name", None) == name else "!" + str(error)
    except Exception as error:
        return "!{}: {}".format(type(error).__name__, error)


def _distutils():
    try:
        import distutils
    except Exception:
        return None
    return "setuptools" if "setuptools" in (distutils.__file__ or "") else "library"


def _words(variable):
    given = os.environ.get(variable) or sysconfig.get_config_var(variable) or ""
    try:
        return shlex.split(given)
    except ValueError:
        return [given]


def _includes():
    paths = sysconfig.get_paths()
    return sorted({paths[name] for name in ("include", "platinclude") if paths.get(name)})


def _is_loaded(library):
    try:
        with open("/proc/self/maps") as maps:
            return library in maps.read()
    except OSError:
        return False


def _main():
    library = sys.argv.pop()
    # `python -c` puts the working directory there, whose files must not pass for modules.
    sys.path[:] = [folder for folder in sys.path if folder]
    out, sys.stdout = sys.stdout, sys.stderr
    setuptools = _version("setuptools")
    told = {
        "version": "{}.{}.{}".format(*sys.version_info[:3]),
        "minor": list(sys.version_info[:2]),
        "executable": sys.executable,
        "implementation": sys.implementation.name,
        "setuptools": setuptools,
        "distutils": _distutils(),
        "cython": _version("Cython"),
        "includes": _includes(),
        "suffix": sysconfig.get_config_var("EXT_SUFFIX") or ".so",
        "tools": {name: _words(name) for name in ("CC", "CXX", "AR", "LDSHARED")},
        "is_preloaded": _is_loaded(library),
    }
    out.write(json.dumps(told) + "\n")


_main()
