"""Questions to the preloaded library, which sees what this process looks at, changes, prints and starts.

Each question reads a link below a path that does not exist, so nothing must be found, loaded or linked.
"""

import os

# A project may replace the function later.
_readlink = os.readlink


def ask(text):
    """Returns the library's answer, or None if the library is absent or does not know the question."""
    try:
        return _readlink(b"/proc/ambidex/" + os.fsencode(text)).decode("ascii")
    except OSError:
        return None


# Without the library, every command is awaited.
is_active = ask("hello") == "2"
