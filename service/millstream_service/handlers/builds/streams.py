"""The streams of BackendService: each a query with its region."""

from functools import partial
from typing import Any

from google.protobuf.message import Message

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.project_pb2 import ProjectDetail, VersionStrings
from millstream_service.convert.builds.entities import (
    BUILD,
    CRASH_LOG,
    PROJECT,
    SCHEME,
    build_to_message,
    project_to_message,
)
from millstream_service.convert.builds.fields import check_labels
from millstream_service.convert.fields import identifier, storable
from millstream_service.convert.logs.line_filter import line_filter
from millstream_service.errors import ValidationFailedError
from millstream_service.handlers.builds.reads import log_id, scheme_ids
from millstream_service.handlers.logs import lines
from millstream_service.handlers.logs.log_ids import EXPIRED_AT, log_listing
from millstream_service.handlers.logs.tailing import tail_lines
from millstream_service.handlers.shared.watching import Messages, Watching
from millstream_service.reactive.regions import below, listed, listed_below, row
from millstream_service.security.caller import Caller
from millstream_service.store.builds import queries as build_queries
from millstream_service.store.builds.tables import BUILD_LOGS, BUILDS, CRASH_LOGS, PROJECTS, SCHEMES
from millstream_service.store.database.database import Reader
from millstream_service.store.logs import logs

DEFAULT_BUILDS, MAX_BUILDS = 50, 1_000
MAX_WHOLE_IDS = 100_000
"""A longer list of a log's lines comes only to those who take what is new."""


class BackendStreams(Watching):
    """Watch one value, or a list."""

    def StreamAllProjectIds(self, request: pb.StreamAllProjectIdsRequest, caller: Caller) -> Messages:
        """Watch the ids of all projects."""
        return self._watch_ids(
            request,
            caller,
            [listed(PROJECTS.table.name)],
            build_queries.project_ids,
            lambda ids: pb.StreamAllProjectIdsResponse(project_ids=ids),
        )

    def StreamProject(self, request: pb.StreamProjectRequest, caller: Caller) -> Messages:
        """Watch a project."""
        return self._watch_row(request, caller, PROJECTS, PROJECT, _project)

    def StreamProjectVersionStrings(self, request: pb.StreamProjectVersionStringsRequest, caller: Caller) -> Messages:
        """Watch the versions of all projects."""

        def fetch(connection: Reader) -> Message:
            found = build_queries.versions_by_project(connection)
            versions = {project: VersionStrings(version_strings=texts) for project, texts in found.items()}
            return pb.StreamProjectVersionStringsResponse(versions_by_project=versions)

        return self._watch(request, caller, [listed(PROJECTS.table.name), listed(BUILDS.table.name)], fetch, long=True)

    def StreamSchemeIds(self, request: pb.StreamSchemeIdsRequest, caller: Caller) -> Messages:
        """Watch the ids of a project's schemes."""
        project_id = identifier("project_id", request.project_id)
        return self._watch_ids(
            request,
            caller,
            [listed_below(SCHEMES.table.name, project_id)],
            partial(build_queries.scheme_ids, project_id=project_id),
            lambda ids: pb.StreamSchemeIdsResponse(scheme_ids=ids),
        )

    def StreamScheme(self, request: pb.StreamSchemeRequest, caller: Caller) -> Messages:
        """Watch a scheme."""
        return self._watch_row(request, caller, SCHEMES, SCHEME, _scheme)

    def StreamBuildIds(self, request: pb.StreamBuildIdsRequest, caller: Caller) -> Messages:
        """Watch the ids of the builds of some schemes."""
        schemes = scheme_ids(request.scheme_ids)
        version = storable("version_string", request.version_string) if request.HasField("version_string") else None
        return self._watch_ids(
            request,
            caller,
            [listed_below(BUILDS.table.name, scheme) for scheme in schemes],
            partial(build_queries.build_ids, schemes=schemes, version=version),
            lambda ids: pb.StreamBuildIdsResponse(build_ids=ids),
            long=True,
        )

    def StreamBuild(self, request: pb.StreamBuildRequest, caller: Caller) -> Messages:
        """Watch a build."""
        return self._watch_row(request, caller, BUILDS, BUILD, _build)

    def StreamLatestBuilds(self, request: pb.StreamLatestBuildsRequest, caller: Caller) -> Messages:
        """Watch the newest builds of a project."""
        project_id = identifier("project_id", request.project_id)
        if not 0 <= request.limit <= MAX_BUILDS:
            raise ValidationFailedError("limit", f"is {request.limit}, must be 0 to {MAX_BUILDS}")
        limit = request.limit or DEFAULT_BUILDS
        labels = check_labels("labels", request.labels)

        def fetch(connection: Reader) -> Message:
            found = build_queries.latest_builds(connection, project_id, limit, labels)
            return pb.StreamLatestBuildsResponse(builds=map(build_to_message, found))

        return self._watch(request, caller, [below(BUILDS.table.name, project_id)], fetch)

    def StreamBuildLogIds(self, request: pb.StreamBuildLogIdsRequest, caller: Caller) -> Messages:
        """Watch the ids of a log's lines."""
        build_id = identifier("build_id", request.build_id)
        category = request.category if request.HasField("category") else None
        wanted = line_filter(0, category, debug=request.include_debug)
        fetch = partial(log_listing, build_id=build_id, wanted=wanted)
        return self._subscribe(request, caller, [row(BUILD_LOGS, build_id)], fetch, long=True, max_whole=MAX_WHOLE_IDS)

    def StreamBuildLog(self, request: pb.StreamBuildLogRequest, caller: Caller) -> Messages:
        """Watch a line."""
        place = log_id(request.id)

        def fetch(connection: Reader) -> Message:
            deleted = logs.deleted_range(connection, place[0])
            if place[1] > deleted.last_seq:
                return pb.StreamBuildLogResponse(build_log=lines.find(connection, place))
            response = pb.StreamBuildLogResponse()
            EXPIRED_AT.to_message(deleted.expired_at, response)
            return response

        return self._watch(request, caller, [row(BUILD_LOGS, place[0])], fetch)

    def StreamCrashLogIds(self, request: pb.StreamCrashLogIdsRequest, caller: Caller) -> Messages:
        """Watch the ids of a build's crash reports."""
        build_id = identifier("build_id", request.build_id)
        return self._watch_ids(
            request,
            caller,
            [listed_below(CRASH_LOGS.table.name, build_id)],
            partial(build_queries.crash_log_ids, build_id=build_id),
            lambda ids: pb.StreamCrashLogIdsResponse(crash_log_ids=ids),
        )

    def StreamCrashLog(self, request: pb.StreamCrashLogRequest, caller: Caller) -> Messages:
        """Watch a crash report."""
        return self._watch_row(request, caller, CRASH_LOGS, CRASH_LOG, _crash_log)

    def StreamProjectDetail(self, request: pb.StreamProjectDetailRequest, caller: Caller) -> Messages:
        """Watch a project with its schemes and newest builds."""
        key = identifier("id", request.id)

        def fetch(connection: Reader) -> Message:
            found = build_queries.project_detail(connection, key)
            if found is None:
                return pb.StreamProjectDetailResponse()
            project, schemes, builds = found
            detail = ProjectDetail(project=project_to_message(project), scheme_ids=schemes, recent_build_ids=builds)
            return pb.StreamProjectDetailResponse(project_detail=detail)

        region = [
            row(PROJECTS.table.name, key),
            listed_below(SCHEMES.table.name, key),
            listed_below(BUILDS.table.name, key),
        ]
        return self._watch(request, caller, region, fetch)

    def StreamBuildVersionStrings(self, request: pb.StreamBuildVersionStringsRequest, caller: Caller) -> Messages:
        """Watch the versions of a project's builds."""
        project_id = identifier("project_id", request.project_id)

        def fetch(connection: Reader) -> Message:
            versions = build_queries.version_strings(connection, project_id)
            return pb.StreamBuildVersionStringsResponse(version_strings=versions)

        return self._watch(request, caller, [listed_below(BUILDS.table.name, project_id)], fetch)

    def TailBuildLogs(self, request: pb.TailBuildLogsRequest, _caller: Caller) -> Messages:
        """Send every line of a log."""
        return tail_lines(self.dependencies, request)


def _project(project: Any) -> pb.StreamProjectResponse:
    return pb.StreamProjectResponse(project=project)


def _scheme(scheme: Any) -> pb.StreamSchemeResponse:
    return pb.StreamSchemeResponse(scheme=scheme)


def _build(build: Any) -> pb.StreamBuildResponse:
    return pb.StreamBuildResponse(build=build)


def _crash_log(crash_log: Any) -> pb.StreamCrashLogResponse:
    return pb.StreamCrashLogResponse(crash_log=crash_log)
