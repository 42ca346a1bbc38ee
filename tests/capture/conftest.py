"""The parts that the tests of the capture share: the package, and an engine with given answers."""

import json
import os
import socket
import struct
import sys
import threading

import pytest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "python"))


class FakeEngine:
    """An engine that answers each message with the next of the given replies, and keeps the messages."""

    def __init__(self, path, replies):
        self.path = str(path)
        self.told = []
        self.descriptors = []
        self._replies = [{"program": 0, "only_record": False}] + replies
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.path)
        self._listener.listen(1)
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self):
        connection, _ = self._listener.accept()
        with connection:
            buffer = b""
            for reply in self._replies:
                while len(buffer) < 4 or len(buffer) < 4 + struct.unpack(">I", buffer[:4])[0]:
                    data, descriptors, _, _ = socket.recv_fds(connection, 65536, 4)
                    self.descriptors += descriptors
                    if not data:
                        return
                    buffer += data
                length = struct.unpack(">I", buffer[:4])[0]
                self.told.append(json.loads(buffer[4 : 4 + length].decode()))
                buffer = buffer[4 + length :]
                answer = json.dumps(reply).encode()
                connection.sendall(struct.pack(">I", len(answer)) + answer)
            self._end.wait()

    def hang_up(self):
        """Ends the connection after all replies."""
        self._end.set()
        self._thread.join()

    def close(self):
        self._end.set()
        self._listener.close()
        for descriptor in self.descriptors:
            os.close(descriptor)


@pytest.fixture
def engine(tmp_path):
    engines = []

    def start(*replies):
        engines.append(FakeEngine(tmp_path / "socket", list(replies)))
        return engines[-1]

    yield start
    for one in engines:
        one.close()
