"""Rows and lines to store."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from millstream_service.store.builds.tables import BUILDS, CRASH_LOGS, PROJECTS, SCHEMES
from millstream_service.store.entities import rows
from millstream_service.store.history.changes import Change
from millstream_service.store.logs import logs
from millstream_service.store.logs.logs import Chunk
from millstream_service.store.schema.resources import Resource

CATEGORY = "compile"


def project_row(key: str = "app", **values: Any) -> dict[str, Any]:
    texts = dict.fromkeys(("display_name", "git_repo_url", "xcodeproj_name", "working_directory"), "")
    return {"bundle_identifier": key, "name": key, **texts, "created_at": 1} | values


def scheme_row(key: str = "debug", project: str = "app", **values: Any) -> dict[str, Any]:
    return {"id": key, "project_bundle_identifier": project, "name": key, "platforms": [1, 2], "order": 0} | values


def build_row(key: str = "build", scheme: str = "debug", **values: Any) -> dict[str, Any]:
    names = ("version_string", "commit_hash", "device_metadata", "os_version", "processor", "branch", "host")
    texts = dict.fromkeys(names, "")
    numbers = {"build_number": 1, "created_at": 1, "status": 2, "progress": 0.5, "memory": 8}
    rest = {"start_date": None, "end_date": 7, "command": ["make", "-j8"], "exit_code": 0, "labels": None}
    return {"id": key, "scheme_id": scheme, "export_options": [1], **texts, **numbers, **rest} | values


def crash_log_row(key: str = "crash", build: str = "build", **values: Any) -> dict[str, Any]:
    texts = dict.fromkeys(("content", "hardware_model", "process", "os_version", "note"), "")
    rest = {"is_main_thread": True, "created_at": 1, "role": 1, "date_time": None, "launch_time": 3, "fixed": False}
    return {"incident_identifier": key, "build_id": build, **texts, **rest, "priority": 2} | values


MAKE = {PROJECTS: project_row, SCHEMES: scheme_row, BUILDS: build_row, CRASH_LOGS: crash_log_row}
"""Resource -> a row of it, from its key and its parent's."""


def add(connection: Connection, resource: Resource, *arguments: str, **values: Any) -> list[Change]:
    """Create a row; return the changes."""
    return rows.create(connection, resource, MAKE[resource](*arguments, **values))[1]


def add_build(connection: Connection, *keys: str) -> None:
    """Create a project with one scheme, and builds of it."""
    add(connection, PROJECTS)
    add(connection, SCHEMES)
    for key in keys or ("build",):
        add(connection, BUILDS, key)


def plain_lines(texts: list[bytes]) -> logs.Encode:
    """Return an encoder that makes one chunk of texts, each with its number: `5=text;`."""

    def encode(first_seq: int, skip: int) -> list[Chunk]:
        taken = texts[skip:]
        payload = b"".join(b"%d=%b;" % (seq, text) for seq, text in enumerate(taken, first_seq))
        return [Chunk(first_seq, first_seq + len(taken) - 1, 1 << 2, CATEGORY, len(payload), payload)]

    return encode


def joined(_build_id: str, group: Sequence[Chunk]) -> Chunk:
    """Merge chunks of such lines."""
    payload = b"".join(chunk.messages for chunk in group)
    first, last = group[0].first_seq, group[-1].last_seq
    return Chunk(first, last, 1 << 2, CATEGORY, len(payload), payload, merged=True).compress(logs.MERGED_LEVEL)


def append(connection: Connection, texts: list[bytes], first: int = 1, build_id: str = "build") -> logs.Appended:
    """Append lines of the one writer."""
    return logs.append(connection, build_id, "writer", first, len(texts), plain_lines(texts))[0]


def lines_in(connection: Connection, build_id: str = "build", after: int = 0) -> list[bytes]:
    """Return the lines of a log, each with its number, from the chunk with line `after` + 1 on."""
    chunks = logs.chunks_left(connection, build_id, after + 1)
    return [line for chunk in chunks for line in chunk.messages.split(b";")[:-1]]
