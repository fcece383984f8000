"""Rows and chunks to store, as `convert` would make them."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Connection

from millstream_service.store.builds.tables import BUILDS, CRASH_LOGS, PROJECTS, SCHEMES
from millstream_service.store.entities import rows
from millstream_service.store.history.changes import Change
from millstream_service.store.logs import logs
from millstream_service.store.logs.logs import Chunk
from millstream_service.store.schema.resources import Resource
from millstream_service.store.writing.commands import Command, Task


def project(key: str = "app", **columns: Any) -> rows.Row:
    texts = dict.fromkeys(("display_name", "git_repo_url", "xcodeproj_name", "working_directory"), "")
    return {"bundle_identifier": key, "name": key, "created_at": 0} | texts | columns


def scheme(key: str = "debug", above: str = "app", **columns: Any) -> rows.Row:
    return {"id": key, "project_bundle_identifier": above, "name": key, "platforms": [], "order": 0} | columns


def build(key: str = "build", above: str = "debug", **columns: Any) -> rows.Row:
    names = ("version_string", "commit_hash", "device_metadata", "os_version", "processor", "branch", "host")
    texts = dict.fromkeys(names, "")
    numbers = {"build_number": 0, "created_at": 0, "status": 1, "progress": 0.0, "memory": 0}
    absent = dict.fromkeys(("start_date", "end_date", "command", "exit_code", "labels"))
    return {"id": key, "scheme_id": above, "export_options": []} | texts | numbers | absent | columns


def crash_log(key: str = "crash", above: str = "build", **columns: Any) -> rows.Row:
    texts = dict.fromkeys(("content", "hardware_model", "process", "os_version", "note"), "")
    numbers = {"created_at": 0, "role": 0, "priority": 2, "date_time": None, "launch_time": None}
    flags = {"is_main_thread": False, "fixed": False}
    return {"incident_identifier": key, "build_id": above} | texts | numbers | flags | columns


def family(connection: Connection) -> list[Change]:
    """Store one of each, below each other."""
    made = ((PROJECTS, project()), (SCHEMES, scheme()), (BUILDS, build()), (CRASH_LOGS, crash_log()))
    return [change for resource, row in made for change in rows.create(connection, resource, row)[1]]


def create(resource: Resource, row: rows.Row) -> Callable[[Connection], rows.Written]:
    return partial(rows.create, resource=resource, values=row)


def group_of(*commands: Command[Any]) -> list[Task[Any]]:
    """Return commands as the writer's thread gets them."""
    return [Task(command, asyncio.get_running_loop().create_future(), 0) for command in commands]


def lines(*texts: str) -> logs.Encode:
    """Make one chunk of some lines: each its number and its text."""

    def encode(first_seq: int, skip: int) -> Sequence[Chunk]:
        taken = texts[skip:]
        payload = "".join(f"{seq} {text}\n" for seq, text in enumerate(taken, first_seq)).encode()
        return [Chunk(first_seq, first_seq + len(taken) - 1, 0b100, "", payload=payload, size=len(payload))]

    return encode


def append(*texts: str, build_id: str = "build", writer_id: str = "writer", first: int = 1) -> Any:
    """Return the command that appends lines with these texts."""
    return partial(
        logs.append,
        build_id=build_id,
        writer_id=writer_id,
        first_entry=first,
        count=len(texts),
        encode=lines(*texts),
    )
