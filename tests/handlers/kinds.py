"""The four kinds of entity: what is the same for all of them is tested for all of them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from google.protobuf.message import Message

from millstream.builds.v1 import backend_service_pb2 as pb
from tests import databases, entities
from tests.entities import at
from tests.stubs import Backend

on_all = pytest.mark.parametrize("database_kind", databases.KINDS, indirect=True)
"""Runs a test on each kind of database."""


@dataclass(frozen=True)
class Kind:
    """One kind of entity. `full` has every field set, `other` every field that may be changed to something else.

    `texts` are the text fields and how many characters they may have at most; `needed` those that must not be empty.
    """

    noun: str
    name: str
    key: str
    make: Callable[..., Any]
    full: dict[str, Any]
    other: dict[str, Any]
    texts: dict[str, int]
    needed: tuple[str, ...] = ()
    parent: str = ""
    parent_field: str = ""
    makes_ids: bool = False
    has_time: bool = True

    @property
    def fixed(self) -> tuple[str, ...]:
        return (self.key, "created_at") if self.has_time else (self.key,)

    def request(self, rpc: str, message: Message, **fields: Any) -> Any:
        """Return a create or update request with this entity."""
        request: Callable[..., Any] = getattr(pb, f"{rpc}{self.name}Request")
        return request(**{self.noun: message} | fields)

    async def create(self, stub: Backend, message: Message) -> Any:
        return await getattr(stub, f"Create{self.name}")(self.request("Create", message))

    async def update(self, stub: Backend, message: Message, *paths: str) -> Any:
        mask = {"paths": paths} if paths else None
        return await getattr(stub, f"Update{self.name}")(self.request("Update", message, update_mask=mask))

    async def delete(self, stub: Backend, key: str) -> int:
        answer = await getattr(stub, f"Delete{self.name}")(getattr(pb, f"Delete{self.name}Request")(id=key))
        revision: int = answer.revision
        return revision

    async def get(self, stub: Backend, key: str) -> Any:
        answer = await getattr(stub, f"Get{self.name}")(getattr(pb, f"Get{self.name}Request")(id=key))
        return getattr(answer, self.noun)

    def key_of(self, message: Any) -> str:
        key: str = getattr(message, self.key)
        return key


PROJECT = Kind(
    noun="project",
    name="Project",
    key="bundle_identifier",
    make=entities.project,
    full={
        "name": "App",
        "display_name": "The app ✨",
        "git_repo_url": "https://example.com/app.git",
        "xcodeproj_name": "App.xcodeproj",
        "working_directory": "/build/app",
    },
    other={
        "name": "Other",
        "display_name": "",
        "git_repo_url": "git@example.com:app",
        "xcodeproj_name": "",
        "working_directory": "/",
    },
    texts={
        "bundle_identifier": 255,
        "name": 255,
        "display_name": 255,
        "git_repo_url": 2048,
        "xcodeproj_name": 255,
        "working_directory": 4096,
    },
    needed=("bundle_identifier", "name"),
)
SCHEME = Kind(
    noun="scheme",
    name="Scheme",
    key="id",
    make=entities.scheme,
    full={"name": "Debug", "platforms": ["PLATFORM_MACOS", "PLATFORM_IOS"], "order": -(2**31)},
    other={
        "name": "Release",
        "platforms": ["PLATFORM_LINUX"],
        "order": 2**31 - 1,
        "project_bundle_identifier": "elsewhere",
    },
    texts={"id": 255, "name": 255, "project_bundle_identifier": 255},
    needed=("project_bundle_identifier", "name"),
    parent="project",
    parent_field="project_bundle_identifier",
    makes_ids=True,
    has_time=False,
)
BUILD = Kind(
    noun="build",
    name="Build",
    key="id",
    make=entities.build,
    full={
        "version_string": "1.10.2",
        "build_number": 10**18,
        "start_date": at(1),
        "end_date": at(2),
        "export_options": ["EXPORT_OPTION_APP_STORE", "EXPORT_OPTION_RELEASE_TESTING"],
        "status": "BUILD_STATUS_FAILED",
        "progress": 0.1,
        "commit_hash": "c0ffee",
        "device_metadata": "MacBookPro18,3",
        "os_version": "macOS 15.1",
        "memory": 64,
        "processor": "Apple M1 Pro",
        "command": ["make", "-j8", "", "été 🏗"],
        "exit_code": -(2**31),
        "branch": "feature/labels",
        "host": "ci-3.example.com",
        "labels": {"nightly": "yes", "a/b.c_d-9": "", "team": "größe 🏗"},
    },
    other={
        "scheme_id": "elsewhere",
        "version_string": "2.0",
        "build_number": 0,
        "start_date": at(0),
        "end_date": at(3),
        "export_options": [],
        "status": "BUILD_STATUS_RUNNING",
        "progress": 1.0,
        "commit_hash": "",
        "device_metadata": "none",
        "os_version": "Debian 12",
        "memory": 0,
        "processor": "",
        "command": [],
        "exit_code": 2**31 - 1,
        "branch": "",
        "host": "",
        "labels": {},
    },
    texts={
        "id": 255,
        "scheme_id": 255,
        "version_string": 255,
        "commit_hash": 255,
        "device_metadata": 1024,
        "os_version": 255,
        "processor": 255,
        "branch": 255,
        "host": 255,
    },
    needed=("scheme_id",),
    parent="scheme",
    parent_field="scheme_id",
    makes_ids=True,
)
CRASH_LOG = Kind(
    noun="crash_log",
    name="CrashLog",
    key="incident_identifier",
    make=entities.crash_log,
    full={
        "is_main_thread": True,
        "content": "Incident Identifier: …\nProcess: app\n",
        "hardware_model": "iPhone14,2",
        "process": "app",
        "role": "CRASH_LOG_ROLE_FOREGROUND",
        "date_time": at(-1),
        "launch_time": at(-100),
        "os_version": "iOS 18.1",
        "note": "again",
        "fixed": True,
        "priority": "CRASH_LOG_PRIORITY_URGENT",
    },
    other={
        "build_id": "elsewhere",
        "is_main_thread": False,
        "content": "",
        "hardware_model": "",
        "process": "other",
        "role": "CRASH_LOG_ROLE_UNSPECIFIED",
        "date_time": at(5),
        "launch_time": at(6),
        "os_version": "",
        "note": "",
        "fixed": False,
        "priority": "CRASH_LOG_PRIORITY_LOW",
    },
    texts={
        "incident_identifier": 255,
        "build_id": 255,
        "hardware_model": 255,
        "process": 255,
        "os_version": 255,
    },
    needed=("incident_identifier", "build_id"),
    parent="build",
    parent_field="build_id",
)
KINDS = (PROJECT, SCHEME, BUILD, CRASH_LOG)


async def family(stub: Backend) -> dict[str, Any]:
    """Store one entity of each kind, below each other, and `elsewhere` of each kind to move to; return the former."""
    stored = {}
    for kind in KINDS:
        where = {kind.parent_field: "elsewhere"} if kind.parent else {}
        await kind.create(stub, kind.make("elsewhere", **where))
        stored[kind.noun] = getattr(await kind.create(stub, kind.make(**kind.full)), kind.noun)
    return stored
