"""Which functions of Cython remember their answers, and that no answer is taken for another's."""

import types

import pytest
from ambidex import _answers


def _nameless(function):
    """Remembers answers as Cython 0.29 does: the function that it returns has a name of its own."""
    answers = {}

    def wrapper(*args):
        if args not in answers:
            answers[args] = function(*args)
        return answers[args]

    wrapper.uncached = function
    return wrapper


@pytest.fixture
def utils(monkeypatch):
    monkeypatch.setattr(_answers, "_told", {})
    module = types.ModuleType("Utils")
    module.cached_function = _nameless
    module.is_package = _nameless(_is_package)
    module.find_root = _nameless(_find_root)
    _answers.hook_utils(module)
    return module


def _is_package(path):
    return False


def _find_root(path):
    return "root"


def test_answers_belong_to_one_function(utils):
    key = _answers._key([__name__, "_is_package"], ("a",))
    _answers._told[key] = True
    assert utils.is_package("a") is True
    assert utils.is_package("b") is False
    assert utils.find_root("a") == "root"


def test_functions_that_are_decorated_later_know_answers_too(utils):
    def later(path):
        return None

    decorated = utils.cached_function(later)
    _answers._told[_answers._key([__name__, later.__qualname__], ("a",))] = "found"
    assert decorated("a") == "found"
    assert utils.find_root("a") == "root"
