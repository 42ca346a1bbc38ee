"""Each extension is built inside a coroutine of one asyncio loop; a task of that loop counts between them."""

import asyncio

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    turns = 0

    async def tick(self):
        for _ in range(10):
            self.turns += 1
            await asyncio.sleep(0)

    async def build_one(self, ext):
        ext.define_macros.append(("VALUE", str(self.turns)))
        build_ext.build_extension(self, ext)
        await asyncio.sleep(0)

    async def build_all(self):
        ticks = asyncio.ensure_future(self.tick())
        for ext in self.extensions:
            await self.build_one(ext)
        await ticks

    def build_extensions(self):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(self.build_all())
        loop.close()


setup(
    name="asyncio-loop",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
