"""The SQLite that we work with, and whether several processes may work on one file with it.

`pysqlite3` brings a current one, where there is a wheel of it; else Python's own serves, or where that is newer. They
must not be mixed in one process: to close a file in one takes away the locks that the other has to it.

SQLite before 3.51.3 has the WAL-reset fault (https://sqlite.org/wal.html#walresetbug): where two connections commit and
checkpoint at the same moment, committed transactions can get lost, or the file be damaged. Within a process our writer
alone does either. So with such an SQLite a process must have the file to itself: see `database_file`.
"""

import sqlite3
from types import ModuleType

try:
    from pysqlite3 import dbapi2 as _bundled
except ImportError:
    _bundled = sqlite3

Version = tuple[int, ...]

DRIVER: ModuleType = max(_bundled, sqlite3, key=lambda driver: driver.sqlite_version_info)
"""The newer one: a module as `sqlite3` is."""
_MENDED = (3, 51, 3)
_MENDED_IN = {(3, 44): (3, 44, 6), (3, 50): (3, 50, 7)}
"""Older lines that were mended, too, and from which version on."""


def version() -> Version:
    """Return the version of the SQLite that we work with. What depends on it asks here."""
    return tuple(DRIVER.sqlite_version_info)


def version_text() -> str:
    """Return it as text."""
    return ".".join(map(str, version()))


def is_safe_to_share() -> bool:
    """Return whether another process may write to a database while this one does."""
    ours = version()
    return ours >= _MENDED_IN.get((ours[0], ours[1]), _MENDED)
