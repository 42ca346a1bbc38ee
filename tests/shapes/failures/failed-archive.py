"""The archiver is a program that fails; the error of `create_static_lib` decides that objects are linked instead."""

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


class BuildExt(build_ext):
    def build_extension(self, ext):
        objects = self.compiler.compile(["common.c"], output_dir=self.build_temp)
        if ext.name == "b":
            self.compiler.set_executables(archiver="false")
        try:
            self.compiler.create_static_lib(objects, "common", output_dir=self.build_temp + "/" + ext.name)
            ext.extra_objects = [self.build_temp + "/%s/libcommon.a" % ext.name]
        except Exception as error:
            print("instead of an archive", ext.name)
            ext.extra_objects = objects
        super().build_extension(ext)


setup(
    name="failed-archive",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"], define_macros=[("CALLS", "common_value")]) for name in "ab"],
)
