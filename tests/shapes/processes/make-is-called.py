"""`make` is called after each module with a rule that copies it if it is newer than the copy."""

import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

with open("Makefile", "w") as file:
    file.write("copies/%.so: build/lib/%.so\n\tmkdir -p copies\n\tcp $< $@\n")


class BuildExt(build_ext):
    def finalize_options(self):
        super().finalize_options()
        self.build_lib = "build/lib"

    def get_ext_filename(self, name):
        return name + ".so"

    def build_extension(self, ext):
        super().build_extension(ext)
        for target in ("copies/%s.so" % ext.name, "copies/a.so"):
            if subprocess.call(["sh", "-c", "command -v make > /dev/null && make " + target + " > make.txt"]):
                subprocess.check_call(["sh", "-c", "mkdir -p copies && cp build/lib/%s.so copies" % ext.name])


setup(
    name="make-is-called",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
