"""`build_extensions` probes a function that exists and one that does not by the compiler's `has_function`."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extensions(self):
        os.makedirs("probes", exist_ok=True)
        os.environ["TMPDIR"] = os.path.abspath("probes")
        found = []
        for name in ("printf", "no_such_function"):
            with open("probes/%s.c" % name, "w") as file:
                file.write("char %s(void); int main(void) { return %s(); }\n" % (name, name))
            try:
                objects = self.compiler.compile(["probes/%s.c" % name], extra_postargs=["-fno-builtin"])
                self.compiler.link_executable(objects, "probes/" + name)
                found.append(name)
            except Exception as error:
                print("no", name, type(error).__name__)
        for ext in self.extensions:
            ext.define_macros.append(("TEXT", '"%s"' % " ".join(found)))
        super().build_extensions()


setup(
    name="has-flag-for-all",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in "ab"],
)
