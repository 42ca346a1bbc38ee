"""What is said of a translation, and how a copy of a process looks for files."""

import gc
import glob
import importlib.machinery
import sys
import types

import pytest
from ambidex import _call, _library, _looks, _translate


@pytest.mark.parametrize(
    "value",
    [None, True, 1, 1.5, "text", b"bytes", ["a", ("b",)], {"x": 1, "y": [2]}, {"b", "a"}, frozenset("ab")],
)
def test_plain_values_are_described(value):
    assert _translate._described(value) == _translate._described(value)


def test_sets_have_no_order_and_dictionaries_have_one():
    assert _translate._described({"a", "b"}) == _translate._described({"b", "a"})
    assert _translate._described({"a": 1, "b": 2}) != _translate._described({"b": 2, "a": 1})


@pytest.mark.parametrize("value", [object(), len, type("Text", (str,), {})("x"), [lambda: 0]])
def test_other_values_are_unknown(value):
    with pytest.raises(_translate._Unknown):
        _translate._described(value)


def test_extensions_of_a_project_are_not_plain():
    installed = type("Extension", (), {"__module__": "setuptools.extension"})()
    assert _translate._are_plain(["a.pyx", installed], quiet=True)
    assert not _translate._are_plain([type("Extension", (), {"__module__": "setup"})()])
    assert not _translate._are_plain(name for name in ["a.pyx"])


@pytest.mark.parametrize(
    "line, words",
    [
        (b"cdef public int x", {b"public"}),
        (b"cdef api void f():", {b"api"}),
        (b"ctypedef public struct s:", {b"public"}),
        (b"    cdef public int x", set()),
        (b"cdef int public_x", set()),
    ],
)
def test_public_declarations_are_found(line, words):
    assert set(_translate._PUBLIC.findall(b"import x\n" + line + b"\n")) == words


def test_modules_are_found_without_a_listing(tmp_path, monkeypatch):
    finders = importlib.machinery.FileFinder
    monkeypatch.setattr(_looks._Where, "is_concerned", _looks._in_none)
    monkeypatch.setattr(_looks.sys, "path_importer_cache", {})
    (tmp_path / "here.py").write_text("")
    (tmp_path / "folder").mkdir()
    _looks.look_for_each(lambda path: path == str(tmp_path))
    external = sys.modules["_frozen_importlib_external"]
    stat, looked = external._path_stat, []
    monkeypatch.setattr(external, "_path_stat", lambda path: looked.append(path) or stat(path))
    finder = finders(str(tmp_path), (importlib.machinery.SourceFileLoader, [".py"]))
    assert finder.find_spec("here").origin == str(tmp_path / "here.py")
    assert finder.find_spec("folder").submodule_search_locations
    assert finder.find_spec("absent") is None
    assert str(tmp_path) not in looked and looked
    finder = finders(str(tmp_path / "folder"), (importlib.machinery.SourceFileLoader, [".py"]))
    assert finder.find_spec("absent") is None
    assert str(tmp_path / "folder") in looked


def test_patterns_are_announced(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(_library, "ask", asked.append)
    monkeypatch.setattr(_looks._Where, "is_concerned", _looks._in_none)
    for name in ("a.py", "b.py", "b.c"):
        (tmp_path / name).write_text("")
    assert glob.glob(str(tmp_path / "*.c")) == [str(tmp_path / "b.c")] and asked == []
    _looks.look_for_each(lambda path: True)
    assert sorted(glob.glob(str(tmp_path / "*.py"))) == [str(tmp_path / name) for name in ("a.py", "b.py")]
    assert asked == ["match " + str(tmp_path / "*.py"), "match "]
    del asked[:]
    assert glob.glob(str(tmp_path / "[ab].c")) == [str(tmp_path / "b.c")] and asked == []


def test_warnings_that_were_given_count(monkeypatch):
    before = _translate._given_warnings()
    given = types.ModuleType("given")
    given.__warningregistry__ = {"version": 3, ("text", UserWarning, 7): True}
    monkeypatch.setitem(sys.modules, "given", given)
    assert _translate._given_warnings() != before
    once = _translate._given_warnings()
    monkeypatch.setitem(sys.modules, "Cython.given", given)
    assert _translate._given_warnings() != once


@pytest.mark.parametrize("value, is_constant", [(1, True), (("a", 1), True), ([1], False), (((), {}), False)])
def test_what_sources_can_change_is_no_constant(value, is_constant):
    assert _translate._is_constant({"X": value}) == is_constant


def test_a_result_has_no_errors():
    module = types.SimpleNamespace(CompilationResult=types.SimpleNamespace)
    options = types.SimpleNamespace(output_file="a.c")
    result = _translate._Translation(module, "a.pyx", options, "a").result()
    assert (result.num_errors, result.c_file) == (0, "a.c")


def test_functions_of_a_module_that_may_still_be_there():
    module = types.ModuleType("sitecustomize")
    module.__file__ = "/nowhere/sitecustomize.py"
    exec(compile("done = [1]", module.__file__, "exec"), vars(module))
    assert not _call._has_functions(module)
    exec(compile("def kept(): pass", module.__file__, "exec"), vars(module))
    assert _call._has_functions(module)
    del module.kept
    assert not _call._has_functions(module)
    module.__file__ = "/nowhere/sitecustomize.cpython-311-x86_64-linux-gnu.so"
    assert _call._has_functions(module)


@pytest.mark.skipif(not hasattr(gc, "freeze"), reason="Python 3.6 can't set objects aside")
def test_functions_that_are_set_aside_are_not_found():
    module = types.ModuleType("sitecustomize")
    module.__file__ = "/nowhere/sitecustomize.py"
    assert not _call._has_functions(module)
    gc.freeze()
    try:
        assert _call._has_functions(module)
    finally:
        gc.unfreeze()
