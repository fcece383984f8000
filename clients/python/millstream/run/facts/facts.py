"""The messages that a build begins with (project, scheme, build), with all that can be found out."""

import io
import sys
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from google.protobuf.message import DecodeError
from google.protobuf.proto import parse_length_prefixed, serialize_length_prefixed

from millstream.builds.v1.build_pb2 import BUILD_STATUS_QUEUED, Build
from millstream.builds.v1.project_pb2 import Project
from millstream.builds.v1.scheme_pb2 import (
    PLATFORM_ANDROID,
    PLATFORM_LINUX,
    PLATFORM_MACOS,
    PLATFORM_UNSPECIFIED,
    Platform,
    Scheme,
)
from millstream.run.facts.identity import clean
from millstream.run.facts.machine import this_machine
from millstream.run.facts.repository import find_branch, find_commit, find_repository, find_version
from millstream.run.spool.request import Request

_PLATFORMS = {"linux": PLATFORM_LINUX, "darwin": PLATFORM_MACOS, "android": PLATFORM_ANDROID}
# Makes equal names give equal ids: two runs that create a scheme at once create the same one.
_SCHEMES = uuid.UUID("5b0d4a4c-8f0e-5a57-9d0b-6d1f3f9f0a51")


@dataclass(frozen=True, slots=True)
class Facts:
    """What is to be created before the first line can be sent, in this order."""

    project: Project
    scheme: Scheme
    build: Build

    @classmethod
    def load(cls, path: Path) -> Self | None:
        """Read them back; None where they were not saved, or not whole."""
        try:
            file = io.BytesIO(path.read_bytes())
            messages = [parse_length_prefixed(kind, file) for kind in (Project, Scheme, Build)]
        except (OSError, ValueError, DecodeError):
            return None
        match messages:
            case [Project() as project, Scheme() as scheme, Build() as build]:
                return cls(project, scheme, build)
        return None

    def save(self, path: Path) -> None:
        """Write them as length-delimited messages: either all or nothing."""
        file = io.BytesIO()
        for message in (self.project, self.scheme, self.build):
            serialize_length_prefixed(message, file)
        unfinished = path.with_suffix(".new")
        unfinished.write_bytes(file.getvalue())
        unfinished.replace(path)


def find(request: Request, path: Path) -> Facts:
    """Return the facts that were saved there; where none were, gather them and save them. Raises OSError."""
    facts = Facts.load(path)
    if facts is None:
        facts = gather(request)
        facts.save(path)
    return facts


def gather(request: Request) -> Facts:
    """Find out what can be found out. Takes what git takes: some ten milliseconds."""
    folder = Path(request.folder)
    return Facts(_project(request, folder), _scheme(request), _build(request, folder))


def _project(request: Request, folder: Path) -> Project:
    repository = find_repository(folder)
    return Project(
        bundle_identifier=request.project_id,
        name=request.project_name,
        git_repo_url=clean(repository.url, 2048) if repository else "",
        xcodeproj_name=_xcode_project(folder),
        working_directory=clean(str(repository.root if repository else folder), 4096),
    )


def _scheme(request: Request) -> Scheme:
    platform = _host_platform()
    return Scheme(
        id=str(uuid.uuid5(_SCHEMES, f"{request.project_id}\n{request.scheme_name}")),
        project_bundle_identifier=request.project_id,
        name=request.scheme_name,
        platforms=[platform] if platform else [],
    )


def _build(request: Request, folder: Path) -> Build:
    machine = this_machine()
    build = Build(
        id=request.build_id,
        version_string=clean(find_version(folder) if request.version is None else request.version),
        build_number=request.build_number or 0,
        status=BUILD_STATUS_QUEUED,
        commit_hash=find_commit(folder),
        device_metadata=clean(machine.model, 1024),
        os_version=clean(machine.os_version),
        memory=machine.memory,
        processor=clean(machine.processor),
        command=request.command,
        branch=clean(find_branch(folder) or request.branch),
        host=clean(request.host),
        labels=request.labels,
    )
    build.created_at.FromMicroseconds(request.created_us)
    return build


def _host_platform() -> Platform:
    return _PLATFORMS.get(sys.platform, PLATFORM_UNSPECIFIED)


def _xcode_project(folder: Path) -> str:
    for pattern in ("*.xcworkspace", "*.xcodeproj"):
        for path in sorted(folder.glob(pattern)):
            return clean(path.name)
    return ""
