"""How a process is treated that ends in a moment: nothing is cleaned up that ends with it.

Python's collector looks through all that was loaded again and again: a third of what a short command takes. What has
cycles, and is of no use any more, is little until then. And before a process ends Python takes apart what it has
loaded, module by module, to no end: the memory goes back all the same.
"""

import atexit
import gc
import os
import sys
from typing import NoReturn

_OBJECTS = 200_000
"""More than any command has once it is loaded. One that goes on for long collects what it makes besides."""
_codes: list[int] = []
"""The exit code, once it is known."""


def begin() -> None:
    """Have the collector wait until there is something to collect."""
    gc.set_threshold(_OBJECTS)


def end(code: int) -> NoReturn:
    """End the process: its threads end first, then what others have registered for the end of Python is done."""
    _codes.append(code)
    sys.exit(code)


def _leave() -> None:
    if not _codes:
        return
    for stream in filter(None, (sys.stdout, sys.stderr)):
        try:
            stream.flush()
        except (OSError, ValueError):
            return  # Python has words and an exit code for it
    os._exit(_codes[-1])


atexit.register(_leave)  # the first that is registered is called last
