"""A forked worker compiles an object and then waits until the parent kills it; the object is linked after that."""

import os
import signal
import sys
import time

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        sys.stdout.flush()
        reading, writing = os.pipe()
        worker = os.fork()
        if worker == 0:
            objects = self.compiler.compile(["common.c"], output_dir="objects", macros=[("VAL", str(ord(ext.name)))])
            os.write(writing, objects[0].encode())
            time.sleep(60)
            os._exit(0)
        ext.extra_objects = [os.read(reading, 1000).decode()]
        os.kill(worker, signal.SIGKILL)
        print(os.waitpid(worker, 0)[1])
        super().build_extension(ext)


setup(
    name="killed-worker",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"], define_macros=[("CALLS", "common_value")]) for name in "ab"],
)
