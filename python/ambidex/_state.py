"""Knows everything in Python that decides which commands an extension has, as far as that can be said.

The engine uses it to find an extension up to date before its commands are recorded, where setuptools itself would.
"""

import hashlib
import marshal
import os
import sys

# What the base methods read of an extension (distutils and setuptools, `extension.py`), where a class may compute it.
_READ = (
    "name sources include_dirs define_macros undef_macros library_dirs libraries runtime_library_dirs extra_objects "
    "extra_compile_args extra_link_args export_symbols swig_opts depends language optional py_limited_api"
).split()
# What a build_ext refers to besides its settings: the project, the compiler, all extensions, and what it made last.
_OTHERS = {"distribution", "compiler", "extensions", "ext_map", "shlibs", "_built_objects", "_ambidex_optional"}
# The base methods make files of these before anything is compiled.
_GENERATING = (".i", ".pyx", ".py")


def of(command, ext, target):
    """A hash of all that decides the commands by which the base build_extension of this build_ext makes the target;
    none if something of it can't be compared."""
    settings = {name: value for name, value in vars(command).items() if name not in _OTHERS}
    extension = dict(vars(ext))
    extension.update((name, getattr(ext, name, None)) for name in _READ)
    compiler = command.compiler
    parts = [
        sys.version,
        sys.executable,
        sys.prefix,
        target,
        _name(type(command)),
        sorted(settings.items()),
        _name(type(compiler)),
        sorted(vars(compiler).items()),
        _name(type(ext)),
        sorted(extension.items()),
    ]
    try:
        # Takes nothing but the plain types, and each only as it is, no class derived from it. Version 2 writes equal
        # things in one way.
        data = marshal.dumps(parts, 2)
    except ValueError:
        return None
    if any(source.endswith(_GENERATING) for source in ext.sources):
        return None
    return hashlib.sha256(data).hexdigest()


def _name(cls):
    return cls.__module__ + "." + cls.__qualname__


def code():
    """The files of the code that is loaded, Python's own library apart."""
    library = os.path.dirname(os.__file__) + os.sep
    installed = (library + "site-packages" + os.sep, library + "dist-packages" + os.sep)
    files = set()
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if isinstance(file, str) and (not file.startswith(library) or file.startswith(installed)):
            files.add(os.path.abspath(file))
    return sorted(files)
