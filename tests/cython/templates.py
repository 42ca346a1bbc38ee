# imports: package.deep.made package.d
"""Writes a source from a template of Cython's, in a package below another directory, and uses a pattern."""

import os
import shutil

from setuptools import setup
from Cython import Tempita
from Cython.Build import cythonize

TEMPLATE = """
{{for kind in kinds}}
def value_of_{{kind}}({{kind}} number):
    return number + 1
{{endfor}}
"""

deep = os.path.join("source", "package", "deep")
os.makedirs(deep, exist_ok=True)
for folder in (deep, os.path.dirname(deep)):
    open(os.path.join(folder, "__init__.py"), "w").close()
with open(os.path.join(deep, "made.pyx"), "w") as file:
    file.write(Tempita.sub(TEMPLATE, kinds=["int", "double"]))
shutil.copy("d.pyx", os.path.join("source", "package"))
os.chdir("source")
setup(
    name="templates",
    version="1.0",
    packages=["package", "package.deep"],
    ext_modules=cythonize("package/**/*.pyx", compiler_directives={"language_level": 3}),
)
