"""Functions of the project make sources: they run beside compilers, and one that fails does so where it is called."""

import time

from setuptools import Extension, setup

try:
    from ambidex import generator
except ImportError:

    def generator(inputs, outputs):
        return lambda function: function


def write(name):
    @generator(inputs=["template.c"], outputs=[name + ".c"])
    def generate():
        with open("template.c") as file:
            text = file.read()
        time.sleep(0.2)
        with open(name + ".c", "w") as file:
            file.write(text.replace("NAME", name))

    generate()
    return Extension(name, [name + ".c"])


@generator(inputs=["absent.c"], outputs=["never.c"])
def fail():
    with open("absent.c"):
        pass


modules = [write(name) for name in ("ant", "bee", "cow")]
try:
    fail()
except OSError as error:
    print("fails:", error)
setup(name="generator", version="1.0", ext_modules=modules)
