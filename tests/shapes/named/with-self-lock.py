"""`with self.lock:` surrounds `super().build_extension(ext)`, called by four threads of the command's own pool."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def initialize_options(self):
        super().initialize_options()
        self.lock = threading.Lock()
        self.inside = 0

    def build_extensions(self):
        self.check_extensions_list(self.extensions)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self.build_extension, self.extensions))

    def build_extension(self, ext):
        with self.lock:
            self.inside += 1
            ext.define_macros.append(("VALUE", str(self.inside)))
            super().build_extension(ext)
            self.inside -= 1


setup(
    name="with-self-lock",
    version="1.0",
    script_args=["-q"] + sys.argv[1:],
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abcd"],
)
