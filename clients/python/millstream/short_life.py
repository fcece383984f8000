"""How Python's collector treats a process that ends in a moment.

It looks through all that was loaded again and again, and twice more at the end: a third of what a short command takes.
What has cycles, and is of no use any more, is little until then; the end of the process frees it.
"""

import gc

_OBJECTS = 200_000
"""More than any command has once it is loaded. One that goes on for long collects what it makes besides."""


def begin() -> None:
    """Have the collector wait until there is something to collect."""
    gc.set_threshold(_OBJECTS)


def end() -> None:
    """Have it leave alone what there is: the process is about to end."""
    gc.freeze()
