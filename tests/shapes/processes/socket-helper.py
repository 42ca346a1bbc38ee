"""A helper reads module names from a socket pair inherited as a descriptor and answers with their checksums."""

import socket
import subprocess
import sys

ours, theirs = socket.socketpair()
code = """
import socket, sys, zlib
connection = socket.socket(fileno=int(sys.argv[1]))
for line in connection.makefile("r"):
    with open(line.strip(), "rb") as file:
        connection.sendall(b"%010d" % zlib.crc32(file.read()))
"""
helper = subprocess.Popen([sys.executable, "-c", code, str(theirs.fileno())], pass_fds=[theirs.fileno()])
theirs.close()

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        ours.sendall(self.get_ext_fullpath(ext.name).encode() + b"\n")
        checksum = ours.recv(10).decode()
        with open("checksums.txt", "a") as file:
            file.write("%s %s\n" % (ext.name, checksum))


setup(
    name="socket-helper",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
ours.close()
helper.wait()
