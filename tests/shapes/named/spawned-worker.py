"""A multiprocessing worker started by "spawn" before the build reads each module and tells its size and first bytes."""

import multiprocessing

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def work(connection):
    # What its imports print comes before all else then.
    connection.send("ready")
    for path in iter(connection.recv, None):
        with open(path, "rb") as file:
            data = file.read()
        connection.send((len(data) > 1000, data[:4]))


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        ours.send(self.get_ext_fullpath(ext.name))
        print(ext.name, ours.recv())


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    worker = context.Process(target=work, args=(theirs,))
    worker.start()
    ours.recv()
    setup(
        name="spawned-worker",
        version="1.0",
        cmdclass={"build_ext": BuildExt},
        ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
    )
    ours.send(None)
    worker.join()
