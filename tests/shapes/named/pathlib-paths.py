"""`pathlib` globs the built modules, asks whether they exist, renames one and removes another between two calls."""

from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        ext.define_macros.append(("VALUE", str(len(list(Path(self.build_lib).glob("*.so"))))))
        super().build_extension(ext)
        path = Path(self.get_ext_fullpath(ext.name))
        print(ext.name, path.exists(), path.is_file(), len(path.read_bytes()) > 1000)
        if ext.name == "a":
            path.rename(path.with_name("renamed.so"))
        if ext.name == "b":
            path.unlink()


setup(
    name="pathlib-paths",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abcd"],
)
