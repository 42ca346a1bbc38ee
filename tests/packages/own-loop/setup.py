"""`build_extensions` is overridden by a loop of its own, in another order and without the base method."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class LoopingBuildExt(build_ext):
    def build_extensions(self):
        self.check_extensions_list(self.extensions)
        for number, ext in enumerate(reversed(self.extensions)):
            ext.define_macros.append(("VAL", str(number)))
            self.build_extension(ext)
            with open("order.txt", "a") as file:
                file.write("{}\n".format(ext.name))


setup(
    name="own-loop",
    version="1.0",
    cmdclass={"build_ext": LoopingBuildExt},
    ext_modules=[Extension("one", ["one.c", "common.c"]), Extension("two", ["two.c", "common.c"])],
)
