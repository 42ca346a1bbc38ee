"""The state of Python that Cython's translations depend on, with a package that has Cython's name, and with Cython."""

import json
import os
import subprocess
import sys

import pytest

PACKAGE = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", "python"))

OPTIONS = """
docstrings = True
directives = {"a": 1, "b": 2.5, (1, 2): None}
names = ["x", "y"]
words = {"one", "two"}
"""
NODES = """
import contextlib, functools, inspect, os, re, threading, weakref
from Cython import Options

class Node:
    kind = 1
    def visit(self, depth=1, *, deep=False):
        return depth
    @property
    def name(self):
        return "n"

class Leaf(Node):
    pass

class Slotted(dict):
    pass

def counter():
    count = [0]
    def count_one():
        return count
    return count_one

@functools.lru_cache(maxsize=None)
def cached(key):
    return [key]

@contextlib.contextmanager
def decorated():
    yield

count_one, node, slotted, local = counter(), Node(), Slotted(a=1), threading.local()
node.x, node.y, local.count = 1, 2, 0
ordered = functools.partial(counter)
table = {Node: 1, "n": node}

def translate():
    Options.names.append("own")
    Options.directives["own"] = node
    Node.own = lambda self: 1
    node.z = Leaf()
    return cached(1), os.path.exists("x"), re.compile("y")
"""

# Runs each case in a child of its own: what happens before Cython is imported, and after it has run.
DRIVER = """
import json, os, sys
sys.path.insert(0, sys.argv[1])
sys.path.insert(0, sys.argv[2])
from ambidex import _baseline

def run(code):
    exec(compile(code, "/project/setup.py", "exec"), {"__name__": "__main__", "baseline": baseline})

def import_cython():
    baseline.enter()
    from Cython import Nodes
    Nodes.translate()
    baseline.leave()

def result():
    baseline.enter()
    try:
        return json.loads(json.dumps([baseline.changes(), baseline.found()]))
    except _baseline.Unknown as unknown:
        return str(unknown)

baseline = _baseline.Baseline()
early, late = json.load(sys.stdin)
for codes in (early, late):
    for code in codes:
        if os.fork() == 0:
            run(code)
            if codes is early:
                import_cython()
            print(json.dumps([code, result()]), flush=True)
            os._exit(0)
        os.wait()
    if codes is early:
        import_cython()
        # Once, not in each child.
        baseline.found()
"""

# A change, and how it is described.
VALUES = {
    "Options.docstrings = False": [["Cython.Options"], "item", "docstrings", False],
    "Options.docstrings = 1": [["Cython.Options"], "item", "docstrings", 1],
    "Options.mine = [1.5, b'x', (None,), {'k': {2, 1}}]": [
        ["Cython.Options"],
        "item",
        "mine",
        ["list", ["float", "0x1.8000000000000p+0"], ["bytes", "78"], ["tuple", None], ["dict", "k", ["set", 1, 2]]],
    ],
    "del Options.docstrings": [["Cython.Options"], "no item", "docstrings"],
    "Options.directives['a'] = 7": [["Cython.Options", "'directives'"], "item", "a", 7],
    "Options.names.append('z')": [["Cython.Options", "'names'"], "are", ["list", "x", "y", "own", "z"]],
    "Options.words.add('three')": [["Cython.Options", "'words'"], "are", ["set", "one", "three", "two"]],
    "Nodes.Node.kind = 2": [["Cython.Nodes", "'Node'", 0], "item", "kind", 2],
    "Nodes.slotted['a'] = 2": [["Cython.Nodes", "'slotted'"], "item", "a", 2],
    "import os; os.linesep = 'x'": [["os", "linesep"], "is", "'x'"],
    "import re; re.DOTALL = re.MULTILINE": [["re", "DOTALL"], "is", "['re.RegexFlag', '8']"],
    "import builtins; builtins.__SETUP__ = True": [["builtins", "__SETUP__"], "is", "True"],
    "import sys; sys.path.append('tools')": None,
    "import sys; sys.setrecursionlimit(4321)": [["settings", "recursion"], "is", "4321"],
    "import os; os.environ['CC'] = 'mine'": [["settings", "(b'CC', b'mine')"], "is", "None"],
    "import warnings; warnings.simplefilter('error')": None,
    "import codecs; codecs.register_error('strict', codecs.ignore_errors)": None,
    "import encodings.aliases; encodings.aliases.aliases['mine'] = 'utf_8'": None,
    "import collections.abc; collections.abc.Mapping.register(Nodes.Node)": None,
    "import os; os.path.exists = os.path.isfile": None,
    "import os; exec('def exists(path): return 1', vars(os.path))": None,
    "Nodes.cached.cache_clear()": None,
    "Nodes.cached(2)": None,
    "d = Options.directives; d['one'] = d.pop('a')": None,
    "import sys; sys.path_hooks.append(lambda path: 1)": None,
    "import copyreg; copyreg.dispatch_table[complex] = lambda number: (complex, (1,))": None,
}

FUNCTIONS = [
    "Nodes.Node.visit = lambda self: 1",
    "Nodes.Node.visit.__code__ = (lambda self, depth=1, *, deep=False: 2).__code__",
    "Nodes.Node.visit.__kwdefaults__['deep'] = Nodes",
    "Nodes.Node.visit.__defaults__ = None",
    "Nodes.Node.__call__ = len",
    "Nodes.Leaf.__bases__ = (type('Mine', (Nodes.Node,), {}),)",
    "Nodes.node.__class__ = Nodes.Leaf",
    "vars(Nodes.node)['x'] = object()",
    "Nodes.decorated.__wrapped__.__code__ = (lambda: 1).__code__",
    "import os, unittest.mock; os.path.exists = unittest.mock.Mock()",
    "import os, collections; os.linesep = collections.UserString('x')",
    "Nodes.count_one()[0] = print",
    "Nodes.table[Nodes.Leaf] = 1",
    "Nodes.local.count = len",
    "Nodes.__builtins__ = dict(vars(__import__('builtins')))",
    "Options.alias = Options.directives",
    "Options.twice = [[]] * 2",
    "class Text(str): pass\nOptions.docstrings = Text('x')",
    "x = []; x.append(x); Options.x = x",
    "import types, Cython; Cython.Options = types.ModuleType('Cython.Options')",
    "import types, sys; sys.modules['Cython.Options'] = types.ModuleType('Cython.Options')",
    "import types, sys; sys.modules['Cython.New'] = types.ModuleType('Cython.New')",
    "import os; os.path.exists = lambda path: 1",
    "import os, functools; os.path.exists = functools.lru_cache()(lambda path: 1)",
    "import os, contextlib; os.path.exists = contextlib.contextmanager(lambda path: 1)",
    "import os; os.path.exists.__code__ = (lambda path: 1).__code__",
    "import io; io.open = lambda *args: 1",
    "import builtins; builtins.open = lambda *args: 1",
    "import re; re.Scanner.scan = lambda self, text: 1",
    "import sys, types; sys.modules['re'] = types.ModuleType('re')",
    "import sys, types; sys.modules['difflib'] = types.ModuleType('difflib')",
    "import sys; sys.meta_path.insert(0, type('Mine', (), {}))",
    "import sys; sys.setprofile(lambda *args: None)",
    "import codecs; codecs.register(lambda name: None)",
    "import codecs; codecs.register_error('mine', lambda error: ('', 1))",
    "import warnings; warnings.showwarning = lambda *args, **more: None",
    "import gc; gc.get_referents(vars(str))[0]['mine'] = lambda self: 1",
]

# What ordinary projects do.
NOTHING = [
    "",
    "import copy, glob, json, logging, random, subprocess, xml.dom.minidom; random.random(); logging.basicConfig()",
    "import re, fnmatch; [re.compile('a{}'.format(i)) for i in range(9)]; fnmatch.fnmatch('a', '*'); re.I | re.M",
    "import functools, inspect; functools.wraps(Nodes.Node.visit)(lambda: 1); inspect.getmembers(Nodes); help",
    "class Mine(Nodes.Node): pass\nMine().visit(); Nodes.node.visit(); Nodes.Node.__subclasses__()",
    "1 in Options.directives; 1.5 in vars(Nodes); vars(Nodes.Leaf()); Nodes.node.__dict__",
    "import traceback, warnings\ntry: 1 / 0\nexcept ZeroDivisionError: traceback.format_exc()\nwarnings.warn('x')",
    "Options.docstrings = False; Options.docstrings = True; Options.names.append(1); Options.names.pop()",
    "import threading; t = threading.Thread(target=len, args=[[]]); t.start(); t.join()",
    # A hook of ambidex.
    "import functools, ambidex\n"
    "code = compile('h = lambda f: f.__get__', ambidex.__file__, 'exec')\n"
    "def hook(f): exec(compile('@w(f)\\ndef h(*a): return f(*a)', ambidex.__file__, 'exec'), s); return s['h']\n"
    "s = {'w': functools.wraps, 'f': Nodes.translate}\nNodes.translate = hook(Nodes.translate)",
]
LATE = "from Cython import Nodes, Options\n"

EARLY = [
    "import os; os.path.exists = os.path.isfile",
    "import os; os.sep = 'x'",
    "import sys; sys.platform = 'mine'",
    "import string; string.digits = '01'",
    "import keyword; keyword.kwlist.append('x')",
    "import builtins; builtins.oct = builtins.hex",
    "import textwrap; textwrap.dedent.__defaults__ = ('x',)",
    "import hashlib; hashlib.md5 = hashlib.sha1",
    "import re; re.Scanner.mine = 1",
    "import os; exec('def exists(path): return 1', vars(os.path))",
    "import collections.abc; collections.abc.Mapping.register(int)",
    "import sys; sys.setrecursionlimit(4321)",
    "import os; os.path.exists = lambda path: 1",
    "import codecs; codecs.register(lambda name: None)",
]
IMPORTS = "import builtins, codecs, collections.abc, hashlib, keyword, os, re, string, textwrap\n"


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """Returns what becomes of each case, and of some with another hash seed."""
    folder = tmp_path_factory.mktemp("lib") / "site-packages"
    package = folder / "Cython"
    package.mkdir(parents=True)
    for name, text in (("__init__", ""), ("Options", OPTIONS), ("Nodes", NODES)):
        (package / (name + ".py")).write_text(text)

    def run(seed, early, late):
        cases = json.dumps([[IMPORTS + code for code in early], [LATE + code for code in late]])
        env = dict(os.environ, PYTHONHASHSEED=seed)
        command = [sys.executable, "-W", "ignore", "-c", DRIVER, PACKAGE, str(folder)]
        done = subprocess.run(command, input=cases.encode(), env=env, stdout=subprocess.PIPE, check=True)
        return dict(json.loads(line) for line in done.stdout.decode().splitlines())

    return run("1", [""] + EARLY, list(VALUES) + FUNCTIONS + NOTHING), run("2", [""], list(VALUES))


@pytest.mark.parametrize("count", [0, 2])
def test_a_copy_ends_where_it_calls_a_function_that_nobody_knows(count):
    function = "lambda number: ({})".format(", ".join(["a", "b"][:count]) or 1)
    code = """
import copy, copyreg, sys, types
sys.path.insert(0, {!r})
from ambidex import _copy, _python_state
_copy._end = lambda: sys.exit("ended")
library = _python_state.Library()
library.look()
exec("a, b = 1, 2\\ndef make(a=1, b=2): return {}", vars())
copyreg.dispatch_table[types.SimpleNamespace] = make()
library.look()
_copy.end_at(library.strangers())
copy.copy([1])
print("copied")
copy.copy(types.SimpleNamespace())
""".format(PACKAGE, function)
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert (done.stdout, done.stderr, done.returncode) == (b"copied\n", b"ended\n", 1)


@pytest.mark.parametrize("code", NOTHING)
def test_what_ordinary_projects_do_is_no_change(outcomes, code):
    assert outcomes[0][LATE + code][0] == []


@pytest.mark.parametrize("code", list(VALUES))
def test_plain_values_are_described(outcomes, code):
    outcome, expected = outcomes[0][LATE + code], VALUES[code]
    assert isinstance(outcome, list) and len(outcome[0]) == 1
    assert expected is None or expected in outcome[0][0]


@pytest.mark.parametrize("code", FUNCTIONS)
def test_what_has_no_value_is_unknown(outcomes, code):
    assert isinstance(outcomes[0][LATE + code], str)


@pytest.mark.parametrize("code", EARLY)
def test_what_happened_before_cython_was_there_counts(outcomes, code):
    assert outcomes[0][IMPORTS + code] != outcomes[0][IMPORTS]


def test_equal_states_are_described_equally_in_all_processes(outcomes):
    assert len(outcomes[1]) == len(VALUES) + 1
    assert {code: outcomes[0][code] for code in outcomes[1]} == outcomes[1]


CYTHONS = [path for path in os.environ.get("AMBIDEX_TEST_CYTHONS", "").split(os.pathsep) if path] or [None]
PROJECT = """
import sys, warnings
sys.path[:0] = [path for path in sys.argv[1:] if path]
warnings.simplefilter("ignore")
from ambidex import _baseline
baseline = _baseline.Baseline()
def step(code):
    baseline.enter()
    exec(code, globals())
    baseline.leave()
def show():
    baseline.enter()
    try:
        print(baseline.changes())
    except _baseline.Unknown:
        print("unknown")
step("from Cython.Build import cythonize")
show()
step("cythonize(['one.pyx', 'two.pyx'], quiet=True)")
show()
step("cythonize(['one.pyx'], quiet=True, force=True); import setuptools.command.build_ext")
setuptools.Distribution({"ext_modules": [setuptools.Extension("one", ["one.pyx"])]}).get_command_obj("build_ext")
show()
import Cython.Compiler.Options, Cython.Compiler.Nodes, Cython.Compiler.PyrexTypes
Cython.Compiler.Options.docstrings = False
show()
baseline.leave()
Cython.Compiler.PyrexTypes.c_int_type.rank = 77
show()
baseline.leave()
Cython.Compiler.Nodes.Node.analyse_expressions = lambda *args: None
show()
"""


@pytest.mark.parametrize("path", CYTHONS)
def test_translations_of_cython_change_nothing(tmp_path, path):
    if path is None:
        pytest.importorskip("Cython")
    (tmp_path / "one.pyx").write_text("cdef class C:\n    cdef int x\ndef f(int[:] a, *b):\n    return [a]\n")
    (tmp_path / "two.pyx").write_text("from libc.math cimport sin\ndef g(double x):\n    yield sin(x)\n")
    command = [sys.executable, "-c", PROJECT, PACKAGE, path or ""]
    done = subprocess.run(command, cwd=str(tmp_path), stdout=subprocess.PIPE, check=True)
    lines = done.stdout.decode().splitlines()
    # The second translation has brought no change, and setuptools only settings.
    assert [line for line in lines[:2] if line != "[]"] == []
    assert "Cython" not in lines[2] and "unknown" not in lines[2]
    assert "[['Cython.Compiler.Options'], 'item', 'docstrings', False]" in lines[3]
    assert "'rank', 77" in lines[4]
    assert lines[5] == "unknown"
