"""Millstream: the typed client of the live record of a build machine.

    from millstream import Client

    with Client() as client:
        for build in client.builds.list_builds():
            print(build.version_string, build.build_number)

What is named here is loaded when it is first used: the generated stubs import this package, and so does the command
line, which should start fast.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from millstream.agents.event_writer import AsyncEventWriter
    from millstream.agents.v1.config_entry_pb2 import ConfigEntry
    from millstream.agents.v1.github_issue_pb2 import GitHubIssue
    from millstream.agents.v1.instance_pb2 import Instance, InstanceStatus, InstanceType
    from millstream.agents.v1.mcp_event_pb2 import McpEvent
    from millstream.agents.v1.relationship_pb2 import Relationship, RelationshipType
    from millstream.async_client import AsyncClient
    from millstream.blocking.agents.event_writer import EventWriter
    from millstream.blocking.client import Client
    from millstream.blocking.log_writer import LogWriter
    from millstream.builds.v1.backend_service_pb2 import SearchHit
    from millstream.builds.v1.build_log_pb2 import BuildLog, BuildLogEntry, BuildLogLevel
    from millstream.builds.v1.build_pb2 import Build, BuildStatus, ExportOption
    from millstream.builds.v1.crash_log_pb2 import CrashLog, CrashLogPriority, CrashLogRole
    from millstream.builds.v1.project_pb2 import Project, ProjectDetail, VersionStrings
    from millstream.builds.v1.scheme_pb2 import Platform, Scheme
    from millstream.common.v1.change_pb2 import Change, Operation
    from millstream.common.v1.change_service_pb2 import StreamChangesResponse
    from millstream.errors import MillstreamError
    from millstream.log_writing.writer import AsyncLogWriter
    from millstream.streams.watched import Watched
    from millstream.transport.retry import NO_RETRIES, RetryPolicy

__all__ = [
    "NO_RETRIES",
    "AsyncClient",
    "AsyncEventWriter",
    "AsyncLogWriter",
    "Build",
    "BuildLog",
    "BuildLogEntry",
    "BuildLogLevel",
    "BuildStatus",
    "Change",
    "Client",
    "ConfigEntry",
    "CrashLog",
    "CrashLogPriority",
    "CrashLogRole",
    "EventWriter",
    "ExportOption",
    "GitHubIssue",
    "Instance",
    "InstanceStatus",
    "InstanceType",
    "LogWriter",
    "McpEvent",
    "MillstreamError",
    "Operation",
    "Platform",
    "Project",
    "ProjectDetail",
    "Relationship",
    "RelationshipType",
    "RetryPolicy",
    "Scheme",
    "SearchHit",
    "StreamChangesResponse",
    "VersionStrings",
    "Watched",
]

_HOMES = {
    "NO_RETRIES": "transport.retry",
    "AsyncClient": "async_client",
    "AsyncEventWriter": "agents.event_writer",
    "AsyncLogWriter": "log_writing.writer",
    "Build": "builds.v1.build_pb2",
    "BuildLog": "builds.v1.build_log_pb2",
    "BuildLogEntry": "builds.v1.build_log_pb2",
    "BuildLogLevel": "builds.v1.build_log_pb2",
    "BuildStatus": "builds.v1.build_pb2",
    "Change": "common.v1.change_pb2",
    "Client": "blocking.client",
    "ConfigEntry": "agents.v1.config_entry_pb2",
    "CrashLog": "builds.v1.crash_log_pb2",
    "CrashLogPriority": "builds.v1.crash_log_pb2",
    "CrashLogRole": "builds.v1.crash_log_pb2",
    "EventWriter": "blocking.agents.event_writer",
    "ExportOption": "builds.v1.build_pb2",
    "GitHubIssue": "agents.v1.github_issue_pb2",
    "Instance": "agents.v1.instance_pb2",
    "InstanceStatus": "agents.v1.instance_pb2",
    "InstanceType": "agents.v1.instance_pb2",
    "LogWriter": "blocking.log_writer",
    "McpEvent": "agents.v1.mcp_event_pb2",
    "MillstreamError": "errors",
    "Operation": "common.v1.change_pb2",
    "Platform": "builds.v1.scheme_pb2",
    "Project": "builds.v1.project_pb2",
    "ProjectDetail": "builds.v1.project_pb2",
    "Relationship": "agents.v1.relationship_pb2",
    "RelationshipType": "agents.v1.relationship_pb2",
    "RetryPolicy": "transport.retry",
    "Scheme": "builds.v1.scheme_pb2",
    "SearchHit": "builds.v1.backend_service_pb2",
    "StreamChangesResponse": "common.v1.change_service_pb2",
    "VersionStrings": "builds.v1.project_pb2",
    "Watched": "streams.watched",
}


if not TYPE_CHECKING:  # to a type checker the names above are all there is

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
