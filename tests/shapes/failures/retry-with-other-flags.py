"""Up to three attempts, each with fewer flags; a file counts the attempts of each extension."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from distutils.errors import CompileError


class BuildExt(build_ext):
    def build_extension(self, ext):
        flags = ["-O1", "--no-such-flag", "-fno-such-flag"]
        for attempt in range(1, 4):
            with open("attempts.txt", "a") as file:
                file.write("%s %d\n" % (ext.name, attempt))
            ext.extra_compile_args = flags[: 4 - attempt] + ["-DVALUE=%d" % attempt]
            try:
                super().build_extension(ext)
            except CompileError:
                continue
            break
        else:
            raise SystemExit("no way to build " + ext.name)


setup(
    name="retry-with-other-flags",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
