"""A counter is an attribute of the finalized command `build`, which a later sub-command writes to a file."""

from setuptools import Command, Extension, setup
from setuptools.command.build_ext import build_ext
from distutils.command.build import build


class Build(build):
    sub_commands = build.sub_commands + [("report", None)]

    def initialize_options(self):
        super().initialize_options()
        self.built = []


class BuildExt(build_ext):
    def build_extension(self, ext):
        command = self.get_finalized_command("build")
        ext.define_macros.append(("VALUE", str(len(command.built))))
        super().build_extension(ext)
        command.built.append(ext.name)


class Report(Command):
    user_options = []

    def initialize_options(self):
        pass

    def finalize_options(self):
        pass

    def run(self):
        with open("build/report.txt", "w") as file:
            file.write(" ".join(self.get_finalized_command("build").built))


setup(
    name="other-commands-attribute",
    version="1.0",
    cmdclass={"build": Build, "build_ext": BuildExt, "report": Report},
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
