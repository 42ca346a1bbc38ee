# always
# imports: a b d
"""A thread runs, and `setup.py` notices new processes: by a handler for forks, by a signal, and by waiting for any."""

import os
import platform
import signal
import threading
import warnings

from setuptools import Extension, setup
from Cython.Build import cythonize

warnings.simplefilter("always", DeprecationWarning)
platform.processor()  # Cython asks too, which starts a program the first time.
forks, ends = [], []
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=lambda: forks.append("before"), after_in_parent=lambda: forks.append("after"))
handler = signal.signal(signal.SIGCHLD, lambda number, frame: ends.append(number))
stop = threading.Event()
thread = threading.Thread(target=stop.wait)
thread.start()
try:
    modules = cythonize(
        [Extension(name, [name + ".pyx"]) for name in "abd"], compiler_directives={"language_level": 3}
    )
finally:
    stop.set()
    thread.join()
try:
    print(os.waitpid(-1, os.WNOHANG))
except ChildProcessError:
    print("no process")
print(forks, ends)
signal.signal(signal.SIGCHLD, handler)
setup(name="notices-forks", version="1.0", ext_modules=modules)
