"""`build_extension` is a copy of the base one, in the style of brotli."""

import os

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

# setuptools has to be imported first: it may bring distutils with it.
from distutils import log
from distutils.dep_util import newer_group
from distutils.errors import DistutilsSetupError


class CopyingBuildExt(build_ext):
    def build_extension(self, ext):
        if ext.sources is None or not isinstance(ext.sources, (list, tuple)):
            raise DistutilsSetupError("no sources")
        ext_path = self.get_ext_fullpath(ext.name)
        if not (self.force or newer_group(ext.sources + ext.depends, ext_path, "newer")):
            log.debug("skipping '%s' extension (up-to-date)", ext.name)
            return
        log.info("building '%s' extension", ext.name)
        macros = ext.define_macros[:]
        for undef in ext.undef_macros:
            macros.append((undef,))
        objects = self.compiler.compile(
            ext.sources,
            output_dir=os.path.join(self.build_temp, ext.name),
            macros=macros,
            include_dirs=ext.include_dirs,
            debug=self.debug,
            extra_postargs=ext.extra_compile_args or [],
            depends=ext.depends,
        )
        self._built_objects = objects[:]
        if ext.extra_objects:
            objects.extend(ext.extra_objects)
        self.compiler.link_shared_object(
            objects,
            ext_path,
            libraries=self.get_libraries(ext),
            library_dirs=ext.library_dirs,
            runtime_library_dirs=ext.runtime_library_dirs,
            extra_postargs=ext.extra_link_args or [],
            export_symbols=self.get_export_symbols(ext),
            debug=self.debug,
            build_temp=self.build_temp,
            target_lang=ext.language or self.compiler.detect_language(ext.sources),
        )


setup(
    name="copied-base-method",
    version="1.0",
    cmdclass={"build_ext": CopyingBuildExt},
    ext_modules=[
        Extension("one", ["one.c", "common.c"], define_macros=[("VAL", "1")], undef_macros=["NDEBUG"]),
        Extension("two", ["two.c", "common.c"], define_macros=[("VAL", "2")]),
    ],
)
