"""Knows how to speak to the engine: one request, any number of things to print, one reply.

The protocol is described in docs/protocol.md. A message is JSON behind its length in four bytes, big end first.
"""

import json
import os
import socket
import struct

VERSION = 1


class EngineGone(SystemExit):
    """The engine ended while this process still needed it. Not an error that a project can mend."""


class Client:
    """One connection to the engine."""

    def __init__(self, path, hello):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.connect(path)
        self._buffer = b""
        self.welcome = self.ask(dict(hello, type="hello", version=VERSION), None)

    def ask(self, message, show):
        """Send a request and return its reply; what the engine wants printed meanwhile goes to `show`."""
        self.send(message)
        return self.reply(show)

    def reply(self, show):
        """The reply to the oldest request that has none."""
        while True:
            reply = self._receive()
            if reply["type"] != "print":
                return reply
            for item in reply["commands"]:
                show(item)
            self.send({"type": "printed"})

    def close(self):
        """End the connection."""
        self._socket.close()

    def send(self, message):
        """Send a request whose reply is read later. Not too many: replies that nobody reads hold the engine up."""
        data = json.dumps(message).encode("ascii")
        try:
            self._socket.sendall(struct.pack(">I", len(data)) + data)
        except OSError:
            self._gone()

    def _receive(self):
        (length,) = struct.unpack(">I", self._read(4))
        return json.loads(self._read(length).decode("utf-8"))

    def _read(self, count):
        while len(self._buffer) < count:
            try:
                data = self._socket.recv(65536)
            except OSError:
                data = b""
            if not data:
                self._gone()
            self._buffer += data
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        return data

    def _gone(self):
        os.write(2, b"error: the ambidex engine went away; the build can't go on\n")
        raise EngineGone(1)
