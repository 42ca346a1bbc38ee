"""`asyncio.gather(..., return_exceptions=True)` over coroutines that build; the results' types go into a file."""

import asyncio

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    async def build_one(self, ext):
        self.build_extension(ext)
        return ext.name

    async def build_all(self):
        # Before Python 3.7, gather starts coroutines in the order of a set.
        tasks = [asyncio.ensure_future(self.build_one(ext)) for ext in self.extensions]
        return await asyncio.gather(*tasks, return_exceptions=True)

    def build_extensions(self):
        loop = asyncio.new_event_loop()
        results = loop.run_until_complete(self.build_all())
        loop.close()
        with open("results.txt", "w") as file:
            file.write("\n".join(item if isinstance(item, str) else type(item).__name__ for item in results))


setup(
    name="gathered-exceptions",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
