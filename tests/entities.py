"""Entities to store, each with nothing but what it needs."""

from collections.abc import Iterable
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.build_log_pb2 import BuildLogEntry, BuildLogLevel
from millstream.builds.v1.build_pb2 import Build
from millstream.builds.v1.crash_log_pb2 import CrashLog
from millstream.builds.v1.project_pb2 import Project
from millstream.builds.v1.scheme_pb2 import Scheme
from tests.stubs import Backend

NOON = 1_790_000_000
"""Some second of 2026: tests count their times from there."""
DEBUG, INFO, WARNING, ERROR = (
    BuildLogLevel.BUILD_LOG_LEVEL_DEBUG,
    BuildLogLevel.BUILD_LOG_LEVEL_INFO,
    BuildLogLevel.BUILD_LOG_LEVEL_WARNING,
    BuildLogLevel.BUILD_LOG_LEVEL_ERROR,
)


def at(seconds: int) -> Timestamp:
    """Return a time so many seconds after noon."""
    return Timestamp(seconds=NOON + seconds)


def _with(fields: dict[str, Any], **defaults: Any) -> dict[str, Any]:
    return defaults | fields


def project(key: str = "app", **fields: Any) -> Project:
    return Project(**_with(fields, bundle_identifier=key, name=key, created_at=at(0)))


def scheme(key: str = "debug", project_id: str = "app", **fields: Any) -> Scheme:
    return Scheme(**_with(fields, id=key, project_bundle_identifier=project_id, name=key))


def build(key: str = "build", scheme_id: str = "debug", **fields: Any) -> Build:
    return Build(**_with(fields, id=key, scheme_id=scheme_id, created_at=at(0)))


def crash_log(key: str = "crash", build_id: str = "build", **fields: Any) -> CrashLog:
    return CrashLog(**_with(fields, incident_identifier=key, build_id=build_id, created_at=at(0)))


def entry(content: str = "", **fields: Any) -> BuildLogEntry:
    return BuildLogEntry(**_with(fields, content=content, level=INFO, created_at=at(0)))


async def add_build(stub: Backend, *builds: str, project_id: str = "app", scheme_id: str = "debug") -> None:
    """Store a project with one scheme, and builds of it, each a second newer than the one before."""
    request = pb.CreateProjectRequest(project=project(project_id), schemes=[scheme(scheme_id, project_id)])
    await stub.CreateProject(request)
    for number, key in enumerate(builds or ("build",)):
        await stub.CreateBuild(pb.CreateBuildRequest(build=build(key, scheme_id, created_at=at(number))))


async def append(
    stub: Backend, entries: Iterable[BuildLogEntry], build_id: str = "build", writer_id: str = "writer", first: int = 1
) -> pb.AppendBuildLogsResponse:
    """Append one batch in a call of its own."""
    batch = pb.AppendBuildLogsRequest(build_id=build_id, writer_id=writer_id, first_entry=first, entries=entries)
    [answer] = [answer async for answer in stub.AppendBuildLogs(iter([batch]))]
    return answer


async def append_texts(stub: Backend, *texts: str, build_id: str = "build", first: int = 1) -> int:
    """Append lines with these texts; return the number of the last line."""
    return (await append(stub, map(entry, texts), build_id, first=first)).last_seq


async def revision(stub: Backend) -> int:
    """Return the newest revision: that of a stream which is there in any store."""
    call = stub.StreamAllProjectIds(pb.StreamAllProjectIdsRequest())
    async for message in call:
        call.cancel()
        return message.position.revision
    raise AssertionError("a stream begins with a value")
