"""The modules' sizes are rows of an sqlite database in memory, opened on the command; the sum goes into the next module."""

import os
import sqlite3

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def initialize_options(self):
        super().initialize_options()
        self.database = sqlite3.connect(":memory:")
        self.database.execute("create table modules (name text, size integer)")

    def build_extension(self, ext):
        (total,) = self.database.execute("select coalesce(sum(size), 0) from modules").fetchone()
        ext.define_macros.append(("VALUE", str(total)))
        super().build_extension(ext)
        size = os.path.getsize(self.get_ext_fullpath(ext.name))
        with self.database:
            self.database.execute("insert into modules values (?, ?)", (ext.name, size))


setup(
    name="sqlite-on-self",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
