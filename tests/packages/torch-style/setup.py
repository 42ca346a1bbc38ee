"""A BuildExtension in the style of torch: replaces methods of the compiler, and runs a ninja of its own if there is one."""

import os
import shutil
import subprocess

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext


def write_ninja_file(path, compiler, sources, objects, flags):
    lines = ["ninja_required_version = 1.3", "cc = " + " ".join(compiler), "flags = " + " ".join(flags)]
    lines += ["rule compile", "  command = $cc -MMD -MF $out.d $flags -c $in -o $out", "  depfile = $out.d", "  deps = gcc"]
    lines += ["build {}: compile {}".format(obj, source) for source, obj in zip(sources, objects)]
    with open(path, "w") as file:
        file.write("\n".join(lines + ["default " + " ".join(objects), ""]))


class BuildExtension(build_ext):
    def build_extensions(self):
        self.compiler.src_extensions += [".cu"]
        original_compile = self.compiler._compile

        def wrap_single_compile(obj, src, ext, cc_args, extra_postargs, pp_opts):
            # Stands for another compiler.
            language = ["-x", "c"] if src.endswith(".cu") else []
            return original_compile(obj, src, ext, cc_args + language, extra_postargs, pp_opts)

        def wrap_ninja_compile(
            sources,
            output_dir=None,
            macros=None,
            include_dirs=None,
            debug=0,
            extra_preargs=None,
            extra_postargs=None,
            depends=None,
        ):
            output_dir = os.path.abspath(output_dir)
            macros, objects, extra_postargs, pp_opts, _ = self.compiler._setup_compile(
                output_dir, macros, include_dirs, sources, depends, extra_postargs
            )
            flags = self.compiler._get_cc_args(pp_opts, debug, extra_preargs) + extra_postargs
            flags.remove("-c")
            for folder in {os.path.dirname(obj) for obj in objects}:
                os.makedirs(folder, exist_ok=True)
            plain = [(os.path.abspath(src), obj) for src, obj in zip(sources, objects) if src.endswith(".c")]
            write_ninja_file(
                os.path.join(output_dir, "build.ninja"),
                self.compiler.compiler_so,
                [src for src, _ in plain],
                [obj for _, obj in plain],
                flags,
            )
            subprocess.check_call(["ninja", "-v"], cwd=output_dir)
            # These tell of times.
            os.remove(os.path.join(output_dir, ".ninja_log"))
            os.remove(os.path.join(output_dir, ".ninja_deps"))
            for source, obj in zip(sources, objects):
                if source.endswith(".cu"):
                    wrap_single_compile(obj, source, ".cu", flags + ["-c"], [], [])
            return objects

        if shutil.which("ninja"):
            self.compiler.compile = wrap_ninja_compile
        else:
            self.compiler._compile = wrap_single_compile
        build_ext.build_extensions(self)


setup(
    name="torch-style",
    version="1.0",
    cmdclass={"build_ext": BuildExtension},
    ext_modules=[
        Extension("one", ["one.c", "common.c", "kernel.cu"], define_macros=[("VAL", "1")]),
        Extension("two", ["two.c", "common.c"], define_macros=[("VAL", "2")]),
    ],
)
