"""How a run begins: the folder for its record, and the recorder, which takes longer to start than all else.

So it is started first. What the build is filed under is found out meanwhile: `Spool.describe` puts it where the
recorder, and any later run, finds it, and `RecorderLink.begin` says so. One whose run ended before that has nothing to
send, and takes the folder away.
"""

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from millstream.run.spool.link import RecorderLink
from millstream.run.spool.spool import Spool, spool_root

_STANDARD = {0: os.O_RDONLY, 1: os.O_WRONLY, 2: os.O_WRONLY}


@dataclass(frozen=True, slots=True)
class Beginning:
    """What a run has to begin with. Without a `spool` it is not recorded, `failure` says why.

    `closed`: standard descriptors that were closed when we started. `link`: to the recorder, if it could be started.
    """

    closed: set[int]
    spool: Spool | None = None
    link: RecorderLink | None = None
    failure: OSError | None = None


@contextlib.contextmanager
def begin(build_id: str) -> Iterator[Beginning]:
    """Make the folder and start the recorder. At the end both are let go of."""
    closed = _fill_gaps()
    try:
        spool = Spool.begin(spool_root(), build_id)
    except OSError as error:
        yield Beginning(closed, failure=error)
        return
    with spool:
        try:
            link = RecorderLink(spool)
        except OSError:
            yield Beginning(closed, spool)
            return
        try:
            yield Beginning(closed, spool, link)
        finally:
            link.close()


def _fill_gaps() -> set[int]:
    """Open the standard descriptors that are closed, so that no file of ours gets their numbers; tell which."""
    closed: set[int] = set()
    for number, flags in _STANDARD.items():
        try:
            os.fstat(number)
        except OSError:
            closed.add(number)
            opened = os.open(os.devnull, flags | os.O_CLOEXEC)
            if opened != number:
                os.dup2(opened, number, inheritable=False)
                os.close(opened)
    # Python made no stream of a descriptor that was closed, and the flush at the end expects one.
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115 - as long as the process lives
    return closed
