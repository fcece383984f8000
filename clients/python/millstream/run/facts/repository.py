"""What git knows about a folder: the commit, its branch, where it comes from, and the version."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

_PATIENCE = 5.0
_REMOTE = re.compile(r"remote\.(?P<name>.+)\.url")
_VERSION_WITH_LETTER = re.compile(r"[vV](?=\d)")


@dataclass(frozen=True, slots=True)
class Repository:
    """Where a folder's source is kept. `url`: of its remote, without credentials; empty where there is none."""

    root: Path
    url: str


def find_repository(folder: Path) -> Repository | None:
    """Return the git repository that the folder is in, None where it is in none."""
    root = _git(folder, "rev-parse", "--show-toplevel")
    return Repository(Path(root), _remote_url(folder)) if root else None


def find_commit(folder: Path) -> str:
    """Return the hash of the commit that is checked out; empty where there is none."""
    return _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")


def find_branch(folder: Path) -> str:
    """Return the branch that is checked out; empty where HEAD is detached, as in many a CI system."""
    return _git(folder, "symbolic-ref", "--short", "--quiet", "HEAD")


def find_version(folder: Path) -> str:
    """Return the version by the newest tag: `1.2.0`, or `1.2.0-5-g0a1b2c3` five commits later; empty without tags."""
    return _VERSION_WITH_LETTER.sub("", _git(folder, "describe", "--tags"), count=1)


def without_credentials(url: str) -> str:
    """Return the URL without user, password, query and fragment: they may be secrets. Empty where it is malformed.

    A user's name stays where it is part of the address, as in `ssh://git@host/path` and `git@host:path`.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if not parts.netloc:
        return url
    user, at, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0] + at if parts.scheme.endswith("ssh") else ""
    return urlunsplit((parts.scheme, name + host, parts.path, "", ""))


def _remote_url(folder: Path) -> str:
    names = [match["name"] for line in _remotes(folder) if (match := _REMOTE.fullmatch(line))]
    if not names:
        return ""
    name = "origin" if "origin" in names else names[0]
    return without_credentials(_git(folder, "remote", "get-url", "--", name))


def _remotes(folder: Path) -> list[str]:
    return _git(folder, "config", "--name-only", "--get-regexp", r"^remote\..*\.url$").splitlines()


def _git(folder: Path, *arguments: str) -> str:
    # Without locks it disturbs no git that the build runs, and it must never ask for a password.
    environment = os.environ | {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        answer = subprocess.run(
            ["git", *arguments], cwd=folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=_PATIENCE, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.decode(errors="replace").strip()
