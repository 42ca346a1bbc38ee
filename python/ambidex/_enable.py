"""Knows how a Python that was started without ambidex comes to have an engine, and to be captured from then on."""

import atexit
import os
import shutil
import subprocess
import sys
import sysconfig

from ambidex import _imports

_build_ext = None


def enable(jobs=None, verbose=False):
    """Capture this process and the Pythons below it. Where that is the case already, nothing is to be done."""
    if _imports.installed:
        return
    folder = None
    if "AMBIDEX_SOCKET" not in os.environ:
        socket, folder = _start_engine(jobs, verbose)
        os.environ["AMBIDEX_SOCKET"] = socket
        given = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = folder + os.pathsep + given if given else folder
    # Else this process was started below ambidex, but told not to look at PYTHONPATH (`python -I`).
    _imports.install(folder)


def _start_engine(jobs, verbose):
    command = [_program(), "serve"] + (["--jobs=" + str(jobs)] if jobs else []) + (["-v"] if verbose else [])
    try:
        # In a session of its own: Ctrl-C is for this process, which tells the engine what it means.
        engine = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, universal_newlines=True
        )
    except OSError as error:
        _give_up("`{}` can't be started: {}".format(command[0], error.strerror))
    socket = engine.stdout.readline().rstrip("\n")
    folder = engine.stdout.readline().rstrip("\n")
    if not folder:
        # It has said why.
        raise SystemExit(2)
    atexit.register(_end_engine, engine, os.getpid())
    return socket, folder


def _end_engine(engine, pid):
    # A forked child may come here too: the engine is not its own.
    if pid == os.getpid():
        # It lives as long as its standard input is open.
        engine.stdin.close()
        engine.stdout.close()
        engine.wait()


def _program():
    """The ambidex program that belongs to this package, if that can be told, else the first on the PATH."""
    given = os.environ.get("AMBIDEX_BINARY")
    if given:
        return given
    site = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    folders = [
        # <prefix>/lib/python3.x/site-packages: also in what pip makes for an isolated build.
        os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(site))), "bin"),
        # `pip install --target`.
        os.path.join(site, "bin"),
        sysconfig.get_path("scripts"),
    ]
    for folder in folders:
        program = os.path.join(folder, "ambidex")
        if os.path.isfile(program) and os.access(program, os.X_OK):
            return program
    return shutil.which("ambidex") or _give_up("the ambidex program is neither beside its Python package nor on the PATH")


def _give_up(message):
    hint = "install it with `{} -m pip install ambidex`, or name the program in AMBIDEX_BINARY".format(sys.executable)
    sys.stderr.write("error: {}\n  hint: {}\n".format(message, hint))
    raise SystemExit(2)


def build_ext():
    """The class for a project's `cmdclass`; made when it is asked for, since not every Python has setuptools."""
    global _build_ext
    if _build_ext is None:
        from setuptools.command import build_ext as base

        # Distutils names a command after its class. It has no `build_extension`: see `_hooks._is_base`.
        class build_ext(base.build_ext):
            def run(self):
                enable()
                super().run()

        _build_ext = build_ext
    return _build_ext
