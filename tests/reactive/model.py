"""What the store of builds should hold: dictionaries, and the promises of the contract in the plainest words.

A write returns its outcome. A read returns what a stream should show, as the response without its position.
"""

from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.build_log_pb2 import BuildLog, BuildLogEntry
from millstream.builds.v1.build_pb2 import Build
from millstream.builds.v1.crash_log_pb2 import CrashLog
from millstream.builds.v1.project_pb2 import Project
from millstream.builds.v1.scheme_pb2 import Scheme
from tests.entities import DEBUG
from tests.reactive.tables import Outcome, added, changed, copied, sets

NEWEST_VERSION_FIRST = ("2.0", "1.10.1", "1.10", "1.10-beta", "1.9", "")
FIXED = {"bundle_identifier", "incident_identifier", "id", "created_at"}


@dataclass
class Log:
    """The lines of a build, by their numbers; the number of the last one ever; how far each writer has come."""

    lines: dict[int, BuildLog] = field(default_factory=dict)
    last_seq: int = 0
    writers: dict[str, int] = field(default_factory=dict)

    def add(self, build_id: str, entry: BuildLogEntry) -> None:
        self.last_seq += 1
        line = BuildLog.FromString(entry.SerializeToString())
        line.id, line.build_id, line.seq = f"{build_id}/{self.last_seq}", build_id, self.last_seq
        self.lines[self.last_seq] = line


def _age(entity: Any, key: str) -> tuple[int, str]:
    time: Timestamp = entity.created_at
    return time.ToNanoseconds(), key


class Model:
    """Everything that is stored."""

    def __init__(self) -> None:
        self.projects: dict[str, Project] = {}
        self.schemes: dict[str, Scheme] = {}
        self.builds: dict[str, Build] = {}
        self.crash_logs: dict[str, CrashLog] = {}
        self.logs: dict[str, Log] = {}

    # Writes

    def CreateProject(self, request: pb.CreateProjectRequest) -> Outcome:
        key = request.project.bundle_identifier
        if key in self.projects:
            return "PROJECT_EXISTS"
        if any(scheme.id in self.schemes for scheme in request.schemes):
            return "SCHEME_EXISTS"
        self.projects[key] = request.project
        for scheme in request.schemes:
            self.schemes[scheme.id] = copied(scheme)
            self.schemes[scheme.id].project_bundle_identifier = key
        return True

    def CreateScheme(self, request: pb.CreateSchemeRequest) -> Outcome:
        if request.scheme.project_bundle_identifier not in self.projects:
            return "PROJECT_NOT_FOUND"
        return added(self.schemes, request.scheme.id, request.scheme) or "SCHEME_EXISTS"

    def CreateBuild(self, request: pb.CreateBuildRequest) -> Outcome:
        if request.build.scheme_id not in self.schemes:
            return "SCHEME_NOT_FOUND"
        if not added(self.builds, request.build.id, request.build):
            return "BUILD_EXISTS"
        self.logs[request.build.id] = Log()
        return True

    def CreateCrashLog(self, request: pb.CreateCrashLogRequest) -> Outcome:
        if request.crash_log.build_id not in self.builds:
            return "BUILD_NOT_FOUND"
        key = request.crash_log.incident_identifier
        return added(self.crash_logs, key, request.crash_log) or "CRASH_LOG_EXISTS"

    def UpdateProject(self, request: pb.UpdateProjectRequest) -> Outcome:
        old = self.projects.get(request.project.bundle_identifier)
        return "PROJECT_NOT_FOUND" if old is None else changed(old, request.project, request.update_mask.paths, FIXED)

    def UpdateScheme(self, request: pb.UpdateSchemeRequest) -> Outcome:
        old, new, paths = self.schemes.get(request.scheme.id), request.scheme, request.update_mask.paths
        if old is None:
            return "SCHEME_NOT_FOUND"
        if sets("project_bundle_identifier", paths) and new.project_bundle_identifier not in self.projects:
            return "PROJECT_NOT_FOUND"
        return changed(old, new, paths, FIXED)

    def UpdateBuild(self, request: pb.UpdateBuildRequest) -> Outcome:
        old, new, paths = self.builds.get(request.build.id), request.build, request.update_mask.paths
        if old is None:
            return "BUILD_NOT_FOUND"
        if sets("scheme_id", paths) and new.scheme_id not in self.schemes:
            return "SCHEME_NOT_FOUND"
        return changed(old, new, paths, FIXED)

    def UpdateCrashLog(self, request: pb.UpdateCrashLogRequest) -> Outcome:
        old, new, paths = (
            self.crash_logs.get(request.crash_log.incident_identifier),
            request.crash_log,
            request.update_mask.paths,
        )
        if old is None:
            return "CRASH_LOG_NOT_FOUND"
        if sets("build_id", paths) and new.build_id not in self.builds:
            return "BUILD_NOT_FOUND"
        return changed(old, new, paths, FIXED)

    def DeleteProject(self, request: pb.DeleteProjectRequest) -> Outcome:
        for scheme in [one for one in self.schemes.values() if one.project_bundle_identifier == request.id]:
            self.DeleteScheme(pb.DeleteSchemeRequest(id=scheme.id))
        return self.projects.pop(request.id, None) is not None or "PROJECT_NOT_FOUND"

    def DeleteScheme(self, request: pb.DeleteSchemeRequest) -> Outcome:
        for build in [one for one in self.builds.values() if one.scheme_id == request.id]:
            self.DeleteBuild(pb.DeleteBuildRequest(id=build.id))
        return self.schemes.pop(request.id, None) is not None or "SCHEME_NOT_FOUND"

    def DeleteBuild(self, request: pb.DeleteBuildRequest) -> Outcome:
        for key in [key for key, one in self.crash_logs.items() if one.build_id == request.id]:
            del self.crash_logs[key]
        self.logs.pop(request.id, None)
        return self.builds.pop(request.id, None) is not None or "BUILD_NOT_FOUND"

    def DeleteCrashLog(self, request: pb.DeleteCrashLogRequest) -> Outcome:
        return self.crash_logs.pop(request.id, None) is not None or "CRASH_LOG_NOT_FOUND"

    def CreateBuildLog(self, request: pb.CreateBuildLogRequest) -> Outcome:
        log = self.logs.get(request.build_log.build_id)
        if log is None:
            return "BUILD_NOT_FOUND"
        entry = copied(request.build_log)
        entry.ClearField("build_id")
        log.add(request.build_log.build_id, BuildLogEntry.FromString(entry.SerializeToString()))
        return True

    def AppendBuildLogs(self, request: pb.AppendBuildLogsRequest) -> Outcome:
        log = self.logs.get(request.build_id)
        if log is None:
            return "BUILD_NOT_FOUND"
        seen = log.writers.get(request.writer_id, 0)
        if request.first_entry > seen + 1:
            return "ENTRY_GAP"
        fresh = request.entries[seen + 1 - request.first_entry :]
        for entry in fresh:
            log.add(request.build_id, entry)
        log.writers[request.writer_id] = seen + len(fresh)
        return bool(fresh)

    def DeleteBuildLogs(self, request: pb.DeleteBuildLogsRequest) -> Outcome:
        log = self.logs.get(request.build_id)
        if log is None:
            return "BUILD_NOT_FOUND"
        had_lines = bool(log.lines)
        log.lines.clear()
        return had_lines

    # Reads

    def schemes_of(self, project_id: str) -> list[str]:
        mine = [scheme for scheme in self.schemes.values() if scheme.project_bundle_identifier == project_id]
        return [scheme.id for scheme in sorted(mine, key=lambda scheme: (scheme.order, scheme.id))]

    def builds_of(self, schemes: list[str]) -> list[Build]:
        mine = [build for build in self.builds.values() if build.scheme_id in schemes]
        return sorted(mine, key=lambda build: _age(build, build.id), reverse=True)

    def versions_of(self, project_id: str) -> list[str]:
        versions = {build.version_string for build in self.builds_of(self.schemes_of(project_id))}
        return [version for version in NEWEST_VERSION_FIRST if version in versions]

    def StreamAllProjectIds(self, _request: pb.StreamAllProjectIdsRequest) -> Message:
        keys = sorted(self.projects, key=lambda key: _age(self.projects[key], key), reverse=True)
        return pb.StreamAllProjectIdsResponse(project_ids=keys)

    def StreamProject(self, request: pb.StreamProjectRequest) -> Message:
        return pb.StreamProjectResponse(project=self.projects.get(request.id))

    def StreamProjectVersionStrings(self, _request: pb.StreamProjectVersionStringsRequest) -> Message:
        response = pb.StreamProjectVersionStringsResponse()
        for key in self.projects:
            response.versions_by_project[key].version_strings.extend(self.versions_of(key))
        return response

    def StreamSchemeIds(self, request: pb.StreamSchemeIdsRequest) -> Message:
        return pb.StreamSchemeIdsResponse(scheme_ids=self.schemes_of(request.project_id))

    def StreamScheme(self, request: pb.StreamSchemeRequest) -> Message:
        return pb.StreamSchemeResponse(scheme=self.schemes.get(request.id))

    def StreamBuildIds(self, request: pb.StreamBuildIdsRequest) -> Message:
        found = self.builds_of(list(request.scheme_ids))
        if request.HasField("version_string"):
            found = [build for build in found if build.version_string == request.version_string]
        return pb.StreamBuildIdsResponse(build_ids=[build.id for build in found])

    def StreamBuild(self, request: pb.StreamBuildRequest) -> Message:
        return pb.StreamBuildResponse(build=self.builds.get(request.id))

    def StreamLatestBuilds(self, request: pb.StreamLatestBuildsRequest) -> Message:
        found = self.builds_of(self.schemes_of(request.project_id))
        return pb.StreamLatestBuildsResponse(builds=found[: request.limit or 50])

    def StreamBuildLogIds(self, request: pb.StreamBuildLogIdsRequest) -> Message:
        lines = self.logs.get(request.build_id, Log()).lines.values()
        return pb.StreamBuildLogIdsResponse(
            build_log_ids=[
                line.id
                for line in lines
                if (request.include_debug or line.level != DEBUG)
                and (not request.HasField("category") or line.category == request.category)
            ]
        )

    def StreamBuildLog(self, request: pb.StreamBuildLogRequest) -> Message:
        build_id, _, seq = request.id.rpartition("/")
        return pb.StreamBuildLogResponse(build_log=self.logs.get(build_id, Log()).lines.get(int(seq)))

    def StreamCrashLogIds(self, request: pb.StreamCrashLogIdsRequest) -> Message:
        mine = {key: one for key, one in self.crash_logs.items() if one.build_id == request.build_id}
        keys = sorted(mine, key=lambda key: _age(mine[key], key), reverse=True)
        return pb.StreamCrashLogIdsResponse(crash_log_ids=keys)

    def StreamCrashLog(self, request: pb.StreamCrashLogRequest) -> Message:
        return pb.StreamCrashLogResponse(crash_log=self.crash_logs.get(request.id))

    def StreamProjectDetail(self, request: pb.StreamProjectDetailRequest) -> Message:
        response = pb.StreamProjectDetailResponse()
        if request.id in self.projects:
            schemes = self.schemes_of(request.id)
            response.project_detail.project.CopyFrom(self.projects[request.id])
            response.project_detail.scheme_ids.extend(schemes)
            response.project_detail.recent_build_ids.extend(build.id for build in self.builds_of(schemes)[:5])
        return response

    def StreamBuildVersionStrings(self, request: pb.StreamBuildVersionStringsRequest) -> Message:
        return pb.StreamBuildVersionStringsResponse(version_strings=self.versions_of(request.project_id))
