"""Gives an engine to a Python that was started without ambidex, and captures it from then on."""

import atexit
import os
import shutil
import subprocess
import sys
import sysconfig

from ambidex import _imports

_build_ext = None


def enable(jobs=None, verbose=False):
    """Captures this process and the Pythons below it, unless it is captured already or the user wants it plain."""
    if _imports.installed or os.environ.get("AMBIDEX_OFF"):
        return
    if "AMBIDEX_SOCKET" not in os.environ:
        os.environ.update(_start_engine(jobs, verbose))
    # Otherwise this process was started below ambidex, but with an option to ignore PYTHONPATH (`python -I`).
    _imports.install()


def _start_engine(jobs, verbose):
    """Starts an engine that lives as long as this process. Returns the environment variables of a captured process."""
    command = [_program(), "serve"] + (["--jobs=" + str(jobs)] if jobs else []) + (["-v"] if verbose else [])
    try:
        # In a process session of its own: Ctrl-C is for this process, which tells the engine what it means.
        engine = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
    except OSError as error:
        _give_up("`{}` can't be started: {}".format(command[0], error.strerror))
    variables = {}
    for line in engine.stdout:
        name, _, value = os.fsdecode(line.rstrip(b"\n")).partition("=")
        if not name:
            break
        variables[name] = value
    engine.stdout.close()
    if not variables:
        # The engine has printed why.
        raise SystemExit(2)
    atexit.register(_end_engine, engine, os.getpid())
    return variables


def _end_engine(engine, pid):
    # Not in a forked child, which does not own the engine. The engine lives as long as its standard input is open and
    # silent, and a child may keep it open.
    if pid == os.getpid():
        try:
            engine.stdin.write(b"\n")
            engine.stdin.close()
        except OSError:
            pass  # The engine has ended already, and has printed why.
        engine.wait()


def _program():
    """Returns the `ambidex` executable that belongs to this package, if it can be found, else the first on the PATH."""
    given = os.environ.get("AMBIDEX_BINARY")
    if given:
        return given
    site = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    folders = [
        # <prefix>/lib/python3.x/site-packages, also in the environment that pip makes for an isolated build.
        os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(site))), "bin"),
        # `pip install --target`.
        os.path.join(site, "bin"),
        sysconfig.get_path("scripts"),
    ]
    for folder in folders:
        program = os.path.join(folder, "ambidex")
        if os.path.isfile(program) and os.access(program, os.X_OK):
            return program
    on_path = shutil.which("ambidex")
    return on_path or _give_up("the program ambidex is neither beside its Python package nor on the PATH")


def _give_up(message):
    # Not by its name alone: what a package index has under that name need not be ambidex.
    hint = "install it from its source directory (`{} -m pip install DIR`), or name the program in AMBIDEX_BINARY"
    sys.stderr.write("error: {}\n  hint: {}\n".format(message, hint.format(sys.executable)))
    raise SystemExit(2)


def build_ext():
    """Returns the class for a project's `cmdclass`, made on demand because not every Python has setuptools."""
    global _build_ext
    if _build_ext is None:
        from setuptools.command import build_ext as base

        # Distutils names a command after its class. The class defines nothing that builds: see `_state`.
        class build_ext(base.build_ext):
            def run(self):
                enable()
                super().run()

        _build_ext = build_ext
    return _build_ext
