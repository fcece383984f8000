"""Where tests make their files: in memory where there is room, for a busy disk takes seconds to flush what they write.

Nothing is proven less there: processes are killed, the machine never is, so no test can tell what reached a disk.
"""

import os
import shutil
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ELSEWHERE = Path("/tmp")
_ROOM = 4 << 30
"""More than a run needs, in bytes. A container has 64 MB there by default."""


def folder() -> Path:
    """Return a folder that is open to all users, with a path that is short enough for sockets in it."""
    return _MEMORY if _is_fit(_MEMORY) else _ELSEWHERE


def _is_fit(path: Path) -> bool:
    if not path.is_dir() or shutil.disk_usage(path).free < _ROOM:
        return False
    return not os.statvfs(path).f_flag & os.ST_NOEXEC


def use() -> None:
    """Have temporary files made in memory, where there is room, also by programs that tests start; TMPDIR overrules."""
    if _is_fit(_MEMORY):
        os.environ.setdefault("TMPDIR", str(_MEMORY))
    tempfile.tempdir = None
