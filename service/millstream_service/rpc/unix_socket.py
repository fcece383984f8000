"""Listening on a unix socket: for its owner alone, and never two services on one path.

The cycle: bound in a new folder that nobody else may enter, and made its owner's alone -> the path's lock is taken, if
it was not before -> moved into place -> taken away, and then the lock. So there is no moment at which another user
could connect, and no need to change the process's umask, which other threads make files with. gRPC would take over a
path in silence: the lock, a file beside it, says whose it is, and goes with its process.
"""

import fcntl
import os
import shutil
import stat
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from millstream_service.errors import CannotListenError

MAX_PATH_BYTES = 103 if sys.platform == "darwin" else 107
"""As many as an address of the system's has room for, `sun_path`, without the zero at its end."""


class UnixSocket:
    """One unix socket. All fields belong to the thread that uses it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.in_place = False
        self._folder: Path | None = None
        self._lock = -1

    @property
    def address(self) -> str:
        """What clients connect to."""
        return f"unix:{self.path}"

    def claim(self) -> bool:
        """Take the path's lock; False where another service has it. Raises CannotListenError."""
        name = self.path.with_name(self.path.name + ".lock")
        while self._lock < 0:
            try:
                lock = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            except OSError as error:
                raise self._make_error(error.strerror) from error
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                os.close(lock)
                return False
            if _is_at(lock, name):
                self._lock = lock
            else:  # who had it has taken it away with its socket: take the one that is there now
                os.close(lock)
        return True

    def bind(self, add_port: Callable[[str], object]) -> None:
        """Have `add_port` listen, on a path of which nobody else knows yet. Raises CannotListenError."""
        try:
            self._folder = Path(tempfile.mkdtemp(prefix=".", dir=self.path.parent))  # as long as our names are, at most
            hidden = self._folder / "s"
            if max(len(os.fsencode(path)) for path in (self.path, hidden)) > MAX_PATH_BYTES:
                raise self._make_error("its path is too long for a socket")
            add_port(f"unix:{hidden}")
            hidden.chmod(0o600)
        except OSError as error:
            raise self._make_error(error.strerror) from error

    def place(self) -> None:
        """Move it to its path; one that a killed service left there is replaced. Raises CannotListenError."""
        assert self._folder is not None, "it is not bound"  # noqa: S101 - see the cycle
        try:
            if not stat.S_ISSOCK(_mode(self.path)):
                raise self._make_error("there is a file that is not a socket")
            (self._folder / "s").rename(self.path)
            self._folder.rmdir()
        except OSError as error:
            raise self._make_error(error.strerror) from error
        self._folder = None
        self.in_place = True

    def close(self) -> None:
        """Take it away, if it is there. May be called whatever came before."""
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
        if self.in_place:
            self.path.unlink(missing_ok=True)
        if self._lock >= 0:
            self.path.with_name(self.path.name + ".lock").unlink(missing_ok=True)
            os.close(self._lock)
        self.in_place, self._folder, self._lock = False, None, -1

    def _make_error(self, reason: str | None) -> CannotListenError:
        return CannotListenError(f"can't listen on {self.address}: {reason}")


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _mode(path: Path) -> int:
    """Return what kind of file is there; a socket's where there is none."""
    try:
        return path.lstat().st_mode
    except FileNotFoundError:
        return stat.S_IFSOCK
