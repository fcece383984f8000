"""The spool: one folder a build, with all that the service has not acknowledged yet.

    <spool>/<build id>/request.json    what is to be recorded (`request`)
                       journal         what the command wrote (`journal`)
                       facts.binpb     project, scheme and build as they are to be created, once they are known
                       recorder.log    warnings of the process that sends it
                       lock            held (flock) by the process that fills or sends it

A folder is made under a name with a dot and renamed once its lock is held and the request is in it, so that a
search for leftovers finds only whole folders, and never takes one from a run that is at work.
"""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import platformdirs

from millstream.run.spool.request import Request

VARIABLE = "MILLSTREAM_SPOOL"
REFUSED_SUFFIX = ".refused"


def spool_root() -> Path:
    """Return the folder of all spools: MILLSTREAM_SPOOL, else one in the user's folder for state."""
    named = os.environ.get(VARIABLE)
    return Path(named).absolute() if named else platformdirs.user_state_path("millstream", appauthor=False) / "spool"


class Spool:
    """One build's folder, with its lock held. As a context manager it lets go of the lock at the end.

    One that was never described is taken away then.
    """

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder = folder
        self.lock = lock

    @classmethod
    def begin(cls, root: Path, build_id: str) -> Self:
        """Make the folder of a new build, which nobody finds yet. Raises OSError where it can't be."""
        root.mkdir(mode=0o700, parents=True, exist_ok=True)
        unfinished = root / f".{build_id}"
        unfinished.mkdir(mode=0o700)
        return cls(unfinished, _lock(unfinished, fcntl.LOCK_EX | fcntl.LOCK_NB))

    @classmethod
    def create(cls, root: Path, request: Request) -> Self:
        """Make the folder of a new build, and describe it. Raises OSError where it can't be."""
        spool = cls.begin(root, request.build_id)
        spool.describe(request)
        return spool

    @classmethod
    def adopt(cls, folder: Path, lock: int) -> Self:
        """Return the spool in this folder, whose lock came along with the file descriptor."""
        return cls(folder, lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.folder != self.home:
            self.remove()
        os.close(self.lock)

    @property
    def home(self) -> Path:
        """Where the folder is once it is described."""
        return self.folder.with_name(self.folder.name.removeprefix("."))

    def describe(self, request: Request) -> None:
        """Say what is to be recorded: from now on other processes find it. Raises OSError."""
        request.save(self.folder / "request.json")
        self.folder = self.folder.rename(self.home)

    @property
    def request(self) -> Request:
        """What is to be recorded. Raises OSError or ValueError where it can't be read."""
        return Request.load(self.folder / "request.json")

    @property
    def journal(self) -> Path:
        """What the command wrote."""
        return self.folder / "journal"

    @property
    def facts(self) -> Path:
        """What was found out about the build; may not be there yet."""
        return self.folder / "facts.binpb"

    @property
    def log_file(self) -> Path:
        """The recorder's warnings: where to look when it has failed."""
        return self.folder / "recorder.log"

    def warn(self, text: str) -> None:
        """Write a line into the log file, if there is room."""
        with contextlib.suppress(OSError), self.log_file.open("a", encoding="utf-8") as log:
            log.write(f"{text}\n")

    def sync(self) -> None:
        """Wait until its files, as they are named, would survive a power cut."""
        for path in (self.folder, self.folder.parent):
            with _open(path, os.O_RDONLY | os.O_DIRECTORY) as directory:
                os.fsync(directory)

    def remove(self) -> None:
        """Delete it: all of it has been stored."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def refuse(self, reason: str) -> Path:
        """Put it aside under another name: the service will never take it. Returns the new name."""
        (self.folder / "refused.txt").write_text(f"{reason}\n", encoding="utf-8")
        self.folder = self.folder.rename(self.folder.with_name(self.folder.name + REFUSED_SUFFIX))
        return self.folder


def leftovers(root: Path) -> Generator[Spool, None, None]:
    """Yield what earlier runs left, oldest first, each with its lock held; what others hold is left out."""
    for folder in _folders(root):
        spool = _taken(folder)
        if spool is not None:
            with spool:
                yield spool


def _folders(root: Path) -> list[Path]:
    try:
        names = sorted(path for path in root.iterdir() if not path.name.startswith("."))
    except OSError:
        return []
    return [path for path in names if path.suffix != REFUSED_SUFFIX and (path / "request.json").exists()]


def _taken(folder: Path) -> Spool | None:
    try:
        lock = _lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return None
    spool = Spool.adopt(folder, lock)
    if (folder / "request.json").exists():
        return spool
    os.close(lock)  # Someone sent and deleted it before the lock was ours.
    return None


def _lock(folder: Path, operation: int) -> int:
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, operation)
    except OSError:
        os.close(lock)
        raise
    return lock


@contextlib.contextmanager
def _open(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
