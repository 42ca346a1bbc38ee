"""mypyc makes C of typed Python modules, in groups that share its runtime's sources."""

from mypyc.build import mypycify
from setuptools import setup

setup(
    name="mypyc",
    version="1.0",
    packages=["package"],
    ext_modules=mypycify(["package/one.py", "package/two.py"], opt_level="0", separate=True),
)
