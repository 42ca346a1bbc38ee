"""The stand-in for `subprocess` while the base code starts a command."""

import os
import signal
import subprocess
import sys

import pytest
from ambidex import _session, _spawn


class Session:
    """A session that takes commands as the real one does, and ends all of them with one status."""

    def __init__(self, status):
        self.status = status
        self.recorded = []

    def environment(self):
        return {"PATH": os.environ.get("PATH", "")}

    def record(self, argv, folder, env, is_awaited):
        self.recorded.append((argv, folder, env, is_awaited))
        return self.status


@pytest.fixture
def stand_in(monkeypatch):
    def make(status):
        session = Session(status)
        monkeypatch.setattr(_session, "existing", lambda: session)
        return session, _spawn._Subprocess(session, subprocess, False)

    return make


def test_a_command_is_recorded_and_not_started(stand_in):
    session, fake = stand_in(0)
    assert fake.Popen(["no-such-compiler", "-c", "a.c"]).wait() == 0
    assert session.recorded == [(["no-such-compiler", "-c", "a.c"], os.getcwd(), session.environment(), False)]


def test_check_call_raises_as_the_base_does(stand_in):
    _, fake = stand_in(3)
    with pytest.raises(subprocess.CalledProcessError) as raised:
        fake.check_call(["cc", "-c", "a.c"])
    assert (raised.value.returncode, raised.value.cmd) == (3, ["cc", "-c", "a.c"])
    assert str(raised.traceback[-1].path) == subprocess.__file__


def test_popen_has_ended_when_it_is_made(stand_in):
    _, fake = stand_in(-9)
    process = fake.Popen(["cc", "-c", "a.c"])
    assert (process.wait(), process.returncode) == (-9, -9)


def test_what_the_engine_leaves_is_started(stand_in):
    session, fake = stand_in(None)
    with pytest.raises(subprocess.CalledProcessError) as raised:
        fake.check_call([sys.executable, "-c", "raise SystemExit(5)"])
    assert raised.value.returncode == 5
    assert len(session.recorded) == 1


def test_only_one_command_is_recorded(stand_in):
    session, fake = stand_in(0)
    fake.check_call(["cc"])
    fake.check_call([sys.executable, "-c", ""])
    assert len(session.recorded) == 1


def test_the_rest_of_the_module_is_there(stand_in):
    _, fake = stand_in(0)
    assert fake.PIPE is subprocess.PIPE


def test_arguments_that_are_no_text_are_not_told(stand_in):
    session, fake = stand_in(0)
    fake.check_call([sys.executable, "-c", "", "\udcff"])
    assert session.recorded == []


def test_what_a_project_has_replaced_is_seen(monkeypatch):
    space = {"subprocess": subprocess}
    assert _spawn._is_pythons_own(space)
    monkeypatch.setattr(subprocess, "call", lambda *args: 0)
    assert not _spawn._is_pythons_own(space)
    monkeypatch.undo()
    assert _spawn._is_pythons_own(space)

    class Popen(subprocess.Popen):
        pass

    monkeypatch.setattr(subprocess, "Popen", Popen)
    assert not _spawn._is_pythons_own(space)


def test_a_handler_of_ended_children_is_seen():
    before = signal.signal(signal.SIGCHLD, lambda *args: None)
    try:
        assert not _spawn._is_pythons_own({"subprocess": subprocess})
    finally:
        signal.signal(signal.SIGCHLD, before)


def test_a_function_is_known_by_its_globals_and_not_by_its_name():
    def call(*args):
        return 0

    call.__module__, call.__qualname__ = "subprocess", "call"
    assert not _spawn.is_of(call, vars(subprocess))
    assert _spawn.is_of(subprocess.call, vars(subprocess))
