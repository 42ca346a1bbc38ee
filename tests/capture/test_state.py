"""The state that decides which commands an extension has."""

import pytest

setuptools = pytest.importorskip("setuptools")

from ambidex import _session, _state  # noqa: E402
from setuptools.command.build_ext import build_ext  # noqa: E402


def command_of(cls=build_ext):
    distribution = setuptools.Distribution({"name": "p", "cmdclass": {"build_ext": cls}})
    command = cls(distribution)
    command.ensure_finalized()
    from setuptools._distutils.ccompiler import new_compiler

    command.compiler = new_compiler()
    return command


def state(command, **settings):
    extension = setuptools.Extension("m", ["m.c"], **settings)
    return _state.of(command, extension, "build/m.so", _state.base_of(command))


def test_equal_settings_have_one_state():
    assert state(command_of()) == state(command_of()) is not None


def test_each_setting_counts():
    states = {
        state(command_of()),
        state(command_of(), define_macros=[("A", "1")]),
        state(command_of(), define_macros=[("A", "2")]),
        state(command_of(), extra_compile_args=["-O1"]),
        state(command_of(), include_dirs=["a"]),
    }
    assert len(states) == 5 and None not in states


def test_an_override_of_what_makes_commands_has_no_state():
    class Own(build_ext):
        def build_extension(self, ext):
            super().build_extension(ext)

    assert _state.base_of(command_of(Own)) is None


def test_an_override_of_what_comes_before_has_one():
    class Own(build_ext):
        def finalize_options(self):
            super().finalize_options()

    assert _state.base_of(command_of(Own)) is not None


def test_sources_that_are_translated_have_no_state():
    command = command_of()
    extension = setuptools.Extension("m", ["m.i"])
    assert _state.of(command, extension, "build/m.so", _state.base_of(command)) is None


def test_what_can_be_told_is_text():
    assert _session.is_text(["gcc", "-c", "ü.c"])
    assert not _session.is_text(["\udcff"])
    assert not _session.is_text(["a", 1])
    assert _session.text_of({"A": "1"}) == {"A": "1"}
    assert _session.text_of({"A": "\udcff"}) is None
    assert _session.text_of(7) is None
