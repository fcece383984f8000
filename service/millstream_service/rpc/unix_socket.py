"""Listening on a unix socket: for its owner alone, and never two services on one path.

gRPC takes over a socket's path in silence, so a lock file beside it says who has it; the lock goes with its process.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from millstream_service.errors import CannotListenError


@contextmanager
def owned(path: Path) -> Iterator[None]:
    """Hold the lock of a socket's path as long as the block runs. Raises CannotListenError where another has it."""
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
        path.unlink(missing_ok=True)
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(lock)


@contextmanager
def owner_only() -> Iterator[None]:
    """Make what the block creates readable and writable by its owner alone."""
    before = os.umask(0o177)
    try:
        yield
    finally:
        os.umask(before)
