"""Disks that are full on demand."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import pytest

from millstream_service.store.database.reserve import SUFFIX
from tests.faults.service_process import ServiceProcess


class Volume(Protocol):
    """Where a service keeps its database."""

    folder: Path

    def fill(self, service: ServiceProcess, room: int) -> None:
        """Leave about so many bytes for the service."""

    def clear(self, service: ServiceProcess) -> None:
        """Make room."""


class SmallDisk:
    """A small file system in memory, filled by another file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._other = folder / "somebody-else's"

    def fill(self, service: ServiceProcess, room: int) -> None:
        """Let the other file take all but `room`; the service may be writing at the same time."""
        del service
        with self._other.open("ab") as file:
            while (left := self._left() - room) > 0:
                with suppress(OSError):
                    os.posix_fallocate(file.fileno(), 0, file.tell() + left)
                file.seek(0, os.SEEK_END)

    def _left(self) -> int:
        status = os.statvfs(self.folder)
        return status.f_bavail * status.f_frsize

    def clear(self, service: ServiceProcess) -> None:
        """Remove the other file."""
        del service
        self._other.unlink()


class SizeLimit:
    """No file system of its own: the process of the service may not make its files larger."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fill(self, service: ServiceProcess, room: int) -> None:
        """Set the limit to `room` above the largest file."""
        files = (path for path in self.folder.glob("**/*.sqlite3*") if not path.name.endswith(SUFFIX))
        largest = max(path.stat().st_size for path in files)
        self._limit(service, largest + room)

    def clear(self, service: ServiceProcess) -> None:
        """Lift the limit."""
        self._limit(service, resource.RLIM_INFINITY)

    def _limit(self, service: ServiceProcess, size: int) -> None:
        resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@contextmanager
def mounted(folder: Path, size: int) -> Iterator[SmallDisk]:
    """Mount a file system of `size` bytes as long as the block runs. Skips the test where that is not allowed."""
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("only root may mount a small file system")
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True, text=True
    )
    if made.returncode:
        pytest.skip(f"no small file system can be mounted here: {made.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
