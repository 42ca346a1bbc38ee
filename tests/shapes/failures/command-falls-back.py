"""The command `build` catches the failure of `build_ext`, forgets that it has run, and runs it again with less."""

from setuptools import Extension, setup
from distutils.command.build import build


class Build(build):
    def run(self):
        try:
            super().run()
            return
        except Exception as error:
            print("again, after", type(error).__name__, sorted(name for name in self.distribution.have_run))
        self.distribution.have_run["build_ext"] = 0
        command = self.get_finalized_command("build_ext")
        command.extensions = [ext for ext in command.extensions if ext.name != "broken"]
        command.compiler = None
        self.run_command("build_ext")


setup(
    name="command-falls-back",
    version="1.0",
    cmdclass={"build": Build},
    ext_modules=[Extension(name, [source]) for name, source in (("a", "a.c"), ("broken", "broken.c"), ("c", "c.c"))],
)
