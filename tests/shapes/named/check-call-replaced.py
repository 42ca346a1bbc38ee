"""`subprocess.check_call` and `subprocess.call` are replaced by functions that add a flag and count."""

import subprocess

from setuptools import Extension, setup

count = {"check_call": 0, "call": 0}


def counting(name, original):
    def replacement(command, *args, **kwargs):
        count[name] += 1
        if "-c" in command:
            command = list(command) + ["-DVALUE=%d" % count[name]]
        return original(command, *args, **kwargs)

    return replacement


subprocess.check_call = counting("check_call", subprocess.check_call)
subprocess.call = counting("call", subprocess.call)

setup(
    name="check-call-replaced",
    version="1.0",
    ext_modules=[Extension(name, [name + ".c"]) for name in "abc"],
)
print(sorted(count.items()))
