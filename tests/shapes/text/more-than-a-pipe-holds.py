"""Much is printed between the builds, by Python and by a child, more than pipes and buffers hold."""

import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

CHILD = "import sys; sys.stdout.write('child %s\\n' % sys.argv[1] * 20000); sys.stderr.write('e' * 70000 + '\\n')"


class BuildExt(build_ext):
    def build_extension(self, ext):
        print((ext.name + " ") * 50000)
        try:
            super().build_extension(ext)
        except Exception as error:
            sys.stderr.write("%s\n" % error * 3000)
        sys.stdout.flush()
        subprocess.check_call([sys.executable, "-c", CHILD, ext.name])


setup(
    name="more-than-a-pipe-holds",
    version="1.0",
    cmdclass={"build_ext": BuildExt},
    ext_modules=[Extension(name, [name + ".c"]) for name in ("a", "broken", "b", "c")],
)
