"""`build_extension` compiles by itself, makes archives of the objects, and links those."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class ArchivingBuildExt(build_ext):
    def build_extension(self, ext):
        objects = self.compiler.compile(
            ext.sources, output_dir=self.build_temp, macros=ext.define_macros, extra_postargs=ext.extra_compile_args
        )
        # In one way for half of them, in the other way for the rest.
        half = len(objects) // 2
        self.compiler.create_static_lib(objects[:half], ext.name + "_half", output_dir=self.build_temp)
        rest = os.path.join(self.build_temp, "librest.a")
        if os.path.exists(rest):
            os.remove(rest)
        self.spawn(["ar", "rcs", rest] + objects[half:])
        with open(os.path.join(self.build_temp, ext.name + ".list"), "w") as file:
            file.write("\n".join(sorted(os.path.basename(name) for name in objects)) + "\n")
        target = self.get_ext_fullpath(ext.name)
        if not os.path.isdir(os.path.dirname(target)):
            os.makedirs(os.path.dirname(target))
        half_library = self.compiler.library_filename(ext.name + "_half")
        archives = [os.path.join(self.build_temp, half_library), rest]
        self.compiler.link_shared_object(
            ["-Wl,--whole-archive"] + archives + ["-Wl,--no-whole-archive"], target, build_temp=self.build_temp
        )


setup(
    name="archive-of-objects",
    version="1.0",
    cmdclass={"build_ext": ArchivingBuildExt},
    ext_modules=[
        Extension("left", ["a.c", "b.c", "c.c", "d.c"], define_macros=[("VAL", "1")]),
        Extension("right", ["a.c", "b.c", "c.c"], define_macros=[("VAL", "2")]),
    ],
)
