"""`asyncio.get_event_loop()` inside `build_extension` finds the main thread's loop and runs a helper program on it."""

import asyncio
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

loop = asyncio.new_event_loop()
asyncio.set_event_loop(loop)


async def size_of(path):
    process = await asyncio.create_subprocess_exec("wc", "-c", path, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    return int(output.split()[0])


class BuildExt(build_ext):
    def build_extension(self, ext):
        super().build_extension(ext)
        size = asyncio.get_event_loop().run_until_complete(size_of(self.get_ext_fullpath(ext.name)))
        print(ext.name, size > 1000, asyncio.get_event_loop() is loop)


setup(
    name="get-event-loop-inside",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
