"""A state file is locked, read, emptied and written anew around each build, as tools with a lock file do."""

import fcntl

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        with open("state.txt", "a+") as state:
            fcntl.flock(state, fcntl.LOCK_EX)
            state.seek(0)
            seen = state.read().split()
            try:
                super().build_extension(ext)
                seen.append(ext.name)
            except Exception:
                seen = ["without-" + ext.name] + seen[:1]
            state.seek(0)
            state.truncate()
            state.write("\n".join(seen))
        print(seen)


setup(
    name="truncated-under-lock",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in ("a", "b", "broken", "c", "d")],
)
