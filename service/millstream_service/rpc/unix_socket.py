"""Listening on a unix socket: for its owner alone, and never two services on one path.

gRPC takes over a socket's path in silence, so a lock file beside it says who has it; the lock goes with its process.
"""

import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from millstream_service.errors import CannotListenError


@contextmanager
def owned(path: Path) -> Iterator[None]:
    """Hold the lock of a socket's path as long as the block runs.

    A socket that a killed service left is removed. Raises CannotListenError where another service has the path, and
    where it is a file of any other kind.
    """
    try:
        lock = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise CannotListenError(f"can't listen on unix:{path}: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(lock)
        raise CannotListenError(f"another service listens on unix:{path}") from None
    try:
        _remove_stale(path)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)
    finally:
        os.close(lock)


def _remove_stale(path: Path) -> None:
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise CannotListenError(f"can't listen on unix:{path}: there is a file that is not a socket")
        path.unlink()
    except FileNotFoundError:
        return
    except OSError as error:
        raise CannotListenError(f"can't listen on unix:{path}: {error.strerror}") from error


@contextmanager
def owner_only() -> Iterator[None]:
    """Make what the block creates readable and writable by its owner alone."""
    before = os.umask(0o177)
    try:
        yield
    finally:
        os.umask(before)
