"""What a build is filed under where its user does not say: project and scheme by the folder it runs in.

- Project: of a repository with a remote, host and path of the remote turned around as in a bundle identifier
  (`https://github.com/acme/app.git` gives `com.github.acme.app`); else `local.` and the project's name.
- Scheme: the one that `xcodebuild -scheme` names; else the folder within the repository (`services/api`), at its top
  the repository's name; outside of one the folder's name.

A project's name is the last part of the remote's path, else the name of the repository's folder or of the folder.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from millstream.run.facts.repository import Repository

_LIMIT = 255
_SCP_ADDRESS = re.compile(r"(?:[^@/]+@)?(?P<host>[\w.-]+\.[\w.-]+):(?P<path>[^/].*)")
_NOT_IN_IDENTIFIERS = re.compile(r"[^A-Za-z0-9._-]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Identity:
    """What a build is filed under."""

    project_id: str
    project_name: str
    scheme_name: str


def identify(folder: Path, repository: Repository | None, command: Sequence[str]) -> Identity:
    """Project and scheme of a command that runs in this folder."""
    top = repository.root if repository is not None else folder
    url = repository.url if repository is not None else ""
    name = clean(_host_and_path(url)[1].rpartition("/")[2] or top.name) or "root"
    project_id = _from_url(url) or f"local.{_identifier(name) or 'root'}"
    return Identity(project_id[:_LIMIT], name, _xcode_scheme(command) or _folder_within(folder, top) or name)


def clean(text: str, limit: int = _LIMIT) -> str:
    """Return the text as the service takes it: no control characters, at most so many characters."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)[:limit]


def _from_url(url: str) -> str:
    host, path = _host_and_path(url)
    labels = [_identifier(label) for label in [*reversed(host.lower().split(".")), *path.split("/")]]
    return ".".join(filter(None, labels)) if host and path else ""


def _host_and_path(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    match = _SCP_ADDRESS.fullmatch(url) if not parts.netloc else None
    host, path = (match["host"], match["path"]) if match else (parts.hostname or "", parts.path)
    return host, path.strip("/").removesuffix(".git")


def _identifier(text: str) -> str:
    return _NOT_IN_IDENTIFIERS.sub("-", text).strip("-.")


def _xcode_scheme(command: Sequence[str]) -> str:
    if Path(command[0]).name != "xcodebuild" or "-scheme" not in command[:-1]:
        return ""
    return clean(command[command.index("-scheme") + 1])


def _folder_within(folder: Path, top: Path) -> str:
    try:
        relative = folder.resolve().relative_to(top.resolve())
    except (OSError, ValueError):
        return ""
    return clean(relative.as_posix()) if relative.parts else ""
