"""How to ask the preloaded library, which sees what this process looks at, changes, prints and starts.

It is asked by reading links below a path that does not exist: so nothing has to be found, loaded or linked.
"""

import os

# A project may put something else in its place later.
_readlink = os.readlink


def ask(text):
    """What the library answers; none where it is not there, or does not know the question."""
    try:
        return _readlink(b"/proc/ambidex/" + text.encode("ascii")).decode("ascii")
    except OSError:
        return None


# Without it, every command is waited for.
is_active = ask("hello") == "2"
