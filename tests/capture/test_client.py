"""The connection to the engine."""

import os
import socket

import pytest
from ambidex import _client


def test_the_first_message_carries_the_streams(engine):
    fake = engine()
    client = _client.Client(fake.path, {"pid": 7})
    assert client.welcome == {"program": 0, "only_record": False}
    assert fake.told == [{"type": "hello", "version": 3, "pid": 7}]
    streams = [os.fstat(descriptor).st_ino for descriptor in fake.descriptors]
    assert streams == [os.fstat(1).st_ino, os.fstat(2).st_ino]


def test_replies_come_in_the_order_of_requests(engine):
    fake = engine({"outputs": ["a.o"], "status": None}, {"outputs": ["b.o"], "status": None})
    client = _client.Client(fake.path, {})
    client.send({"type": "record", "argv": ["cc", "-c", "a.c"]})
    client.send({"type": "record", "argv": ["cc", "-c", "b.c"]})
    assert [client.reply()["outputs"], client.reply()["outputs"]] == [["a.o"], ["b.o"]]
    assert [message["argv"][2] for message in fake.told[1:]] == ["a.c", "b.c"]


def test_a_timeout_of_the_project_is_none_of_ours(engine):
    fake = engine()
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(0.001)
    try:
        client = _client.Client(fake.path, {})
        assert client.connection.gettimeout() is None
    finally:
        socket.setdefaulttimeout(before)


def test_the_descriptor_is_out_of_the_way(engine):
    fake = engine()
    client = _client.Client(fake.path, {})
    assert client.connection.fileno() >= 500
    assert not os.get_inheritable(client.connection.fileno())


def test_an_engine_that_is_gone_ends_the_build(engine, capfd):
    fake = engine()
    client = _client.Client(fake.path, {})
    fake.hang_up()
    with pytest.raises(SystemExit) as ended:
        client.reply()
    assert ended.value.code == 1
    assert "the ambidex engine has ended it" in capfd.readouterr().err


def test_an_engine_that_was_interrupted_interrupts_the_build(engine, capfd):
    fake = engine({"outputs": ["a.o"], "status": None}, {"type": "interrupted"})
    client = _client.Client(fake.path, {})
    client.send({"type": "record", "argv": ["cc", "-c", "a.c"]})
    client.send({"type": "wait"})
    fake.hang_up()
    # The engine has ended the connection, but its replies are still there.
    with pytest.raises(KeyboardInterrupt):
        client.send({"type": "wait"})
    assert capfd.readouterr().err == ""


def test_an_interrupted_receipt_loses_nothing(engine):
    fake = engine({"outputs": ["a.o"], "status": None})
    client = _client.Client(fake.path, {})
    client.send({"type": "record", "argv": ["cc", "-c", "a.c"]})
    connection = client.connection

    class Interrupted:
        calls = 0

        def recv(self, count):
            self.calls += 1
            if self.calls % 2 == 0:
                raise KeyboardInterrupt
            return connection.recv(min(count, 5))

    client.connection = Interrupted()
    for _ in range(100):
        try:
            assert client.reply()["outputs"] == ["a.o"]
            break
        except KeyboardInterrupt:
            pass
    else:
        pytest.fail("there was no reply")
