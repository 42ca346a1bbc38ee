"""The connection to the engine: it sends and receives frames, and keeps the preloaded library informed of them.

docs/protocol.md describes the protocol. A message is its length in four bytes, big-endian, and then JSON.
"""

# The module beneath `socket`. Projects replace names in `socket`, for example to check that nothing uses the network.
import _socket
import array
import fcntl
import json
import os
import struct

from ambidex import _library


class Client:
    """The connection of a session."""

    is_over = False

    def __init__(self, path, hello):
        self.connection = _connected(path)
        self._buffer = b""
        self._streams = _streams()
        data = _frame(dict(hello, type="hello", version=3))
        self.connection.sendall(data[_send_with_streams(self.connection, data) :])
        self.welcome = self._receive()
        _library.ask("session {} {}".format(self.connection.fileno(), self.welcome["program"]))

    def send(self, message, opens=False):
        """Sends a request. If it opens something, text that is printed from now on comes after everything that is still
        to be done."""
        data = _frame(message)
        _library.ask("sends record" if opens else "sends")
        try:
            self.connection.sendall(data)
        except OSError:
            # After its replies to earlier requests, the engine may have said why.
            while True:
                self._receive()

    def reply(self):
        """Returns the reply to the oldest unanswered request."""
        reply = self._receive()
        _library.ask("replied")
        if reply.get("settled") is not None:
            _library.ask("settled {}".format(reply["settled"]))
        return reply

    def prints_elsewhere(self):
        """Returns whether this process prints to a place that the engine does not know."""
        return not _library.is_active and self._streams != _streams()

    def _end(self):
        os.write(2, b"error: the build can't go on: the ambidex engine has ended it\n")
        if self.is_over:
            os._exit(1)
        self.is_over = True  # Not an error that a project can fix.
        raise SystemExit(1)

    def _receive(self):
        # Ctrl-C may come at any time, so nothing is taken out of the buffer before the message is complete.
        length = None
        while length is None or len(self._buffer) < 4 + length:
            if length is None and len(self._buffer) >= 4:
                (length,) = struct.unpack(">I", self._buffer[:4])
            else:
                self._fill()
        data, self._buffer = self._buffer[4 : 4 + length], self._buffer[4 + length :]
        message = json.loads(data.decode("utf-8"))
        if message.get("type") == "interrupted":
            # The signal has reached this process too, unless only the engine got it, or a project ignores it.
            raise KeyboardInterrupt
        return message

    def _fill(self):
        try:
            data = self.connection.recv(65536)
        except OSError:
            data = b""
        if not data:
            self._end()
        self._buffer += data


def _connected(path):
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    # A project may have set a timeout for all sockets.
    connection.settimeout(None)
    connection.connect(path)
    try:
        # Projects close low descriptors that they don't know.
        high = fcntl.fcntl(connection.fileno(), fcntl.F_DUPFD_CLOEXEC, 500)
    except OSError:
        # The limit does not allow that many.
        return connection
    connection.close()
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM, 0, high)
    connection.settimeout(None)
    return connection


def _send_with_streams(connection, data):
    """Sends the beginning of the data, and the descriptors on which this process prints. Returns how much was sent."""
    nothing = os.open(os.devnull, os.O_RDWR)
    try:
        numbers = [nothing if what is None else number for number, what in enumerate(_streams(), 1)]
        rights = _socket.SOL_SOCKET, _socket.SCM_RIGHTS, array.array("i", numbers)
        return connection.sendmsg([data], [rights])
    finally:
        os.close(nothing)


def _streams():
    """Returns which files standard output and standard error are, with None for a closed one."""

    def what(number):
        try:
            status = os.fstat(number)
            return status.st_dev, status.st_ino
        except OSError:
            return None

    return [what(1), what(2)]


def _frame(message):
    data = json.dumps(message).encode("ascii")
    return struct.pack(">I", len(data)) + data
