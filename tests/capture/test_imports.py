"""The hooks in the modules that a project imports."""

import os
import shutil
import subprocess
import sys

PACKAGE = os.path.join(os.path.dirname(__file__), "..", "..", "python")


def run(script, **variables):
    env = dict(os.environ, PYTHONPATH=PACKAGE, **variables)
    done = subprocess.run([sys.executable, "-c", script], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout.decode()
    return done.stdout.decode()


SHOW = """
import ambidex._imports
ambidex._imports.install()
import setuptools
from setuptools._distutils import spawn
print(hasattr(spawn.spawn, "__wrapped__"), type(spawn.__loader__).__name__, type(spawn.__spec__.loader).__name__)
"""


def test_a_captured_process_hooks_what_starts_compilers():
    assert run(SHOW, AMBIDEX_SOCKET="/nonexistent") == "True SourceFileLoader SourceFileLoader\n"


def test_nothing_is_hooked_without_an_engine():
    assert run(SHOW) == "False SourceFileLoader SourceFileLoader\n"


def test_modules_that_were_imported_before_are_hooked():
    script = "import setuptools\nfrom setuptools._distutils import spawn\n" + SHOW
    assert run(script, AMBIDEX_SOCKET="/nonexistent").startswith("True ")


def test_an_engine_that_is_gone_leaves_the_build_as_it_would_be():
    script = SHOW + "spawn.spawn([__import__('sys').executable, '-c', 'print(1)'])\n"
    assert run(script, AMBIDEX_SOCKET="/nonexistent").endswith("1\n")


def test_tracebacks_have_no_frames_of_ours():
    script = """
import ambidex._imports
ambidex._imports.install()
import traceback, setuptools
from setuptools._distutils import spawn
try:
    spawn.spawn(["no-such-program"])
except Exception:
    print("ambidex" in traceback.format_exc().replace("/ambidex/tests", ""))
"""
    assert run(script, AMBIDEX_SOCKET="/nonexistent").endswith("False\n")


def test_byte_code_of_ours_is_kept_where_others_keep_none(tmp_path):
    here = tmp_path / "capture"
    shutil.copytree(os.path.join(PACKAGE, "ambidex"), str(here / "ambidex"), ignore=lambda *_: ["__pycache__"])
    shutil.copy(str(here / "ambidex" / "_site" / "sitecustomize.py"), str(here))
    (tmp_path / "own.py").write_text("import sys\nprint(sys.dont_write_bytecode)\n")
    script = "import sys; sys.path.append({!r}); import ambidex._values, own".format(str(tmp_path))
    variables = {"PYTHONPATH": str(here), "PYTHONDONTWRITEBYTECODE": "1", "AMBIDEX_SOCKET": "/nonexistent"}
    done = subprocess.run([sys.executable, "-c", script], env=dict(os.environ, **variables), stdout=subprocess.PIPE)
    assert (done.returncode, done.stdout) == (0, b"True\n")
    kept = sorted(file.name.partition(".")[0] for file in tmp_path.rglob("*.pyc"))
    assert kept == ["__init__", "_imports", "_values"]
