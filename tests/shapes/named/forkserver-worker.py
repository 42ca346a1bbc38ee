"""A worker of a multiprocessing "forkserver" writes the header of each next extension when it is asked to."""

import multiprocessing

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def work(connection):
    connection.send("ready")
    for name in iter(connection.recv, None):
        with open("generated.h", "w") as file:
            file.write("#define VALUE %d\n" % ord(name))
        connection.send(name)


class BuildExt(build_ext):
    def build_extension(self, ext):
        ours.send(ext.name)
        assert ours.recv() == ext.name
        super().build_extension(ext)


if __name__ == "__main__":
    context = multiprocessing.get_context("forkserver")
    ours, theirs = context.Pipe()
    worker = context.Process(target=work, args=(theirs,))
    worker.start()
    # What the server prints while it starts comes before anything else.
    assert ours.recv() == "ready"
    setup(
        name="forkserver-worker",
        version="1.0",
        cmdclass={"build_ext": BuildExt},
        ext_modules=[Extension(name, [name + ".c"], define_macros=[("HEADER", '"generated.h"')]) for name in "abc"],
    )
    ours.send(None)
    worker.join()
