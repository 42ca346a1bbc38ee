"""The compiler class's `spawn` and, where there is one, `call` are replaced to log the commands' last words."""

from setuptools import Extension, setup
from distutils.ccompiler import CCompiler

done = []


def logging_version(original):
    def replacement(self, command, **kwargs):
        result = original(self, command, **kwargs)
        done.append(str(command[command.index("-o") + 1]))
        return result

    return replacement


for name in ("spawn", "call"):
    if hasattr(CCompiler, name):
        setattr(CCompiler, name, logging_version(getattr(CCompiler, name)))

setup(
    name="method-spawn-replaced",
    version="1.0",
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
with open("done.txt", "w") as file:
    file.write("\n".join(done))
