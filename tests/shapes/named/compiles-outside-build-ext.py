"""A command of its own compiles and links a program by a compiler it makes, runs it, and keeps what it prints."""

import subprocess

from setuptools import Command, Extension, setup
from distutils.ccompiler import new_compiler
from distutils.command.build import build
from distutils.sysconfig import customize_compiler


class BuildTool(Command):
    user_options = []

    def initialize_options(self):
        self.compiler = None

    def finalize_options(self):
        pass

    def run(self):
        self.compiler = new_compiler()
        customize_compiler(self.compiler)
        objects = self.compiler.compile(["chain.c"], output_dir="build/tool", macros=[("VAL", "8")])
        self.compiler.link_executable(objects, "tool", output_dir="build/tool")
        text = subprocess.check_output(["build/tool/tool"], stdin=subprocess.DEVNULL)
        with open("tool.h", "wb") as file:
            file.write(b"#define VALUE " + text + b"\n")


class Build(build):
    sub_commands = [("build_tool", None)] + build.sub_commands


setup(
    name="compiles-outside-build-ext",
    version="1.0",
    cmdclass={"build": Build, "build_tool": BuildTool},
    ext_modules=[Extension("a", ["a.c"], define_macros=[("HEADER", '"tool.h"')])],
)
