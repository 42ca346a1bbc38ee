"""Children start one program after the other, while the build goes on: each may look at anything."""

import subprocess
import sys

from setuptools import Extension, setup

CHILD = """
import select, subprocess
while not select.select([0], [], [], 0)[0]:
    subprocess.call(["true"])
"""

children = [subprocess.Popen([sys.executable, "-c", CHILD], stdin=subprocess.PIPE) for _ in range(6)]
setup(
    name="children-start-programs",
    version="1.0",
    ext_modules=[Extension("p%d.a" % number, ["a.c"], define_macros=[("N", number)]) for number in range(12)],
)
for child in children:
    child.stdin.close()
    print(child.wait())
