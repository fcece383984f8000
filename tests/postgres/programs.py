"""Debian's programs of PostgreSQL, and the user that they run as: a server refuses to be root."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.deadline import patience

_VERSIONS = Path("/usr/lib/postgresql")
_USERS = ("postgres", "nobody")
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}


def folder() -> Path | None:
    """Return where the programs of the newest version are, or None where it is not installed."""
    versions = [path for path in _VERSIONS.glob("*/bin") if (path / "initdb").exists()]
    return max(versions, key=lambda path: float(path.parent.name), default=None)


def program(name: str) -> str:
    """Return the path of one of them. Raises FileNotFoundError where it is not installed."""
    found = folder()
    if found is None:
        raise FileNotFoundError("PostgreSQL is not installed: apt-get install postgresql")
    return str(found / name)


def user() -> pwd.struct_passwd | None:
    """Return whom to run servers as, where that is not ourselves: an ordinary user in place of root."""
    if os.geteuid() != 0:
        return None
    return next(entry for entry in pwd.getpwall() if entry.pw_name in _USERS)


def user_id() -> int | None:
    """Return the number of that user, or None."""
    other = user()
    return None if other is None else other.pw_uid


def hand_over(path: Path) -> None:
    """Let the user of the servers have a folder to itself."""
    other = user()
    if other is not None:
        os.chown(path, other.pw_uid, other.pw_gid)


def spawn(command: Sequence[str], **options: Any) -> "subprocess.Popen[bytes]":
    """Start one of the programs as that user."""
    return subprocess.Popen(_as_user(command), cwd="/", env=_ENVIRONMENT, **options)


def run(*command: str) -> None:
    """Run one of the programs as that user, to its end. Raises AssertionError with what it said where it fails."""
    done = subprocess.run(
        _as_user(command), cwd="/", capture_output=True, text=True, timeout=patience(120), env=_ENVIRONMENT
    )
    assert done.returncode == 0, f"{command[0]}: {done.stdout}{done.stderr}"


def _as_user(command: Sequence[str]) -> list[str]:
    """Return the command with its path, behind one that becomes the user.

    Python could do that, but would have to fork for it, and gRPC does not take that well while it is in use.
    """
    absolute = [program(command[0]), *command[1:]]
    other = user()
    if other is None:
        return absolute
    return ["setpriv", f"--reuid={other.pw_uid}", f"--regid={other.pw_gid}", "--clear-groups", *absolute]
