import datetime

from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from millstream.builds.v1 import build_pb2 as _build_pb2
from millstream.builds.v1 import build_log_pb2 as _build_log_pb2
from millstream.builds.v1 import crash_log_pb2 as _crash_log_pb2
from millstream.builds.v1 import project_pb2 as _project_pb2
from millstream.builds.v1 import scheme_pb2 as _scheme_pb2
from millstream.common.v1 import position_pb2 as _position_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreateProjectRequest(_message.Message):
    __slots__ = ("project", "schemes")
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    SCHEMES_FIELD_NUMBER: _ClassVar[int]
    project: _project_pb2.Project
    schemes: _containers.RepeatedCompositeFieldContainer[_scheme_pb2.Scheme]
    def __init__(self, project: _Optional[_Union[_project_pb2.Project, _Mapping]] = ..., schemes: _Optional[_Iterable[_Union[_scheme_pb2.Scheme, _Mapping]]] = ...) -> None: ...

class CreateProjectResponse(_message.Message):
    __slots__ = ("project", "revision", "schemes")
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SCHEMES_FIELD_NUMBER: _ClassVar[int]
    project: _project_pb2.Project
    revision: int
    schemes: _containers.RepeatedCompositeFieldContainer[_scheme_pb2.Scheme]
    def __init__(self, project: _Optional[_Union[_project_pb2.Project, _Mapping]] = ..., revision: _Optional[int] = ..., schemes: _Optional[_Iterable[_Union[_scheme_pb2.Scheme, _Mapping]]] = ...) -> None: ...

class UpdateProjectRequest(_message.Message):
    __slots__ = ("project", "update_mask")
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    project: _project_pb2.Project
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, project: _Optional[_Union[_project_pb2.Project, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateProjectResponse(_message.Message):
    __slots__ = ("project", "revision")
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    project: _project_pb2.Project
    revision: int
    def __init__(self, project: _Optional[_Union[_project_pb2.Project, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class DeleteProjectRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DeleteProjectResponse(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: int
    def __init__(self, revision: _Optional[int] = ...) -> None: ...

class CreateSchemeRequest(_message.Message):
    __slots__ = ("scheme",)
    SCHEME_FIELD_NUMBER: _ClassVar[int]
    scheme: _scheme_pb2.Scheme
    def __init__(self, scheme: _Optional[_Union[_scheme_pb2.Scheme, _Mapping]] = ...) -> None: ...

class CreateSchemeResponse(_message.Message):
    __slots__ = ("scheme", "revision")
    SCHEME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    scheme: _scheme_pb2.Scheme
    revision: int
    def __init__(self, scheme: _Optional[_Union[_scheme_pb2.Scheme, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class UpdateSchemeRequest(_message.Message):
    __slots__ = ("scheme", "update_mask")
    SCHEME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    scheme: _scheme_pb2.Scheme
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, scheme: _Optional[_Union[_scheme_pb2.Scheme, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateSchemeResponse(_message.Message):
    __slots__ = ("scheme", "revision")
    SCHEME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    scheme: _scheme_pb2.Scheme
    revision: int
    def __init__(self, scheme: _Optional[_Union[_scheme_pb2.Scheme, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class DeleteSchemeRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DeleteSchemeResponse(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: int
    def __init__(self, revision: _Optional[int] = ...) -> None: ...

class CreateBuildRequest(_message.Message):
    __slots__ = ("build",)
    BUILD_FIELD_NUMBER: _ClassVar[int]
    build: _build_pb2.Build
    def __init__(self, build: _Optional[_Union[_build_pb2.Build, _Mapping]] = ...) -> None: ...

class CreateBuildResponse(_message.Message):
    __slots__ = ("build", "revision")
    BUILD_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    build: _build_pb2.Build
    revision: int
    def __init__(self, build: _Optional[_Union[_build_pb2.Build, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class UpdateBuildRequest(_message.Message):
    __slots__ = ("build", "update_mask")
    BUILD_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    build: _build_pb2.Build
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, build: _Optional[_Union[_build_pb2.Build, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateBuildResponse(_message.Message):
    __slots__ = ("build", "revision")
    BUILD_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    build: _build_pb2.Build
    revision: int
    def __init__(self, build: _Optional[_Union[_build_pb2.Build, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class DeleteBuildRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DeleteBuildResponse(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: int
    def __init__(self, revision: _Optional[int] = ...) -> None: ...

class CreateCrashLogRequest(_message.Message):
    __slots__ = ("crash_log",)
    CRASH_LOG_FIELD_NUMBER: _ClassVar[int]
    crash_log: _crash_log_pb2.CrashLog
    def __init__(self, crash_log: _Optional[_Union[_crash_log_pb2.CrashLog, _Mapping]] = ...) -> None: ...

class CreateCrashLogResponse(_message.Message):
    __slots__ = ("crash_log", "revision")
    CRASH_LOG_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    crash_log: _crash_log_pb2.CrashLog
    revision: int
    def __init__(self, crash_log: _Optional[_Union[_crash_log_pb2.CrashLog, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class UpdateCrashLogRequest(_message.Message):
    __slots__ = ("crash_log", "update_mask")
    CRASH_LOG_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    crash_log: _crash_log_pb2.CrashLog
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, crash_log: _Optional[_Union[_crash_log_pb2.CrashLog, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateCrashLogResponse(_message.Message):
    __slots__ = ("crash_log", "revision")
    CRASH_LOG_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    crash_log: _crash_log_pb2.CrashLog
    revision: int
    def __init__(self, crash_log: _Optional[_Union[_crash_log_pb2.CrashLog, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class DeleteCrashLogRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DeleteCrashLogResponse(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: int
    def __init__(self, revision: _Optional[int] = ...) -> None: ...

class CreateBuildLogRequest(_message.Message):
    __slots__ = ("build_log",)
    BUILD_LOG_FIELD_NUMBER: _ClassVar[int]
    build_log: _build_log_pb2.BuildLog
    def __init__(self, build_log: _Optional[_Union[_build_log_pb2.BuildLog, _Mapping]] = ...) -> None: ...

class CreateBuildLogResponse(_message.Message):
    __slots__ = ("build_log", "revision")
    BUILD_LOG_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    build_log: _build_log_pb2.BuildLog
    revision: int
    def __init__(self, build_log: _Optional[_Union[_build_log_pb2.BuildLog, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class AppendBuildLogsRequest(_message.Message):
    __slots__ = ("build_id", "writer_id", "first_entry", "entries")
    BUILD_ID_FIELD_NUMBER: _ClassVar[int]
    WRITER_ID_FIELD_NUMBER: _ClassVar[int]
    FIRST_ENTRY_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    build_id: str
    writer_id: str
    first_entry: int
    entries: _containers.RepeatedCompositeFieldContainer[_build_log_pb2.BuildLogEntry]
    def __init__(self, build_id: _Optional[str] = ..., writer_id: _Optional[str] = ..., first_entry: _Optional[int] = ..., entries: _Optional[_Iterable[_Union[_build_log_pb2.BuildLogEntry, _Mapping]]] = ...) -> None: ...

class AppendBuildLogsResponse(_message.Message):
    __slots__ = ("durable_entry", "last_seq")
    DURABLE_ENTRY_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQ_FIELD_NUMBER: _ClassVar[int]
    durable_entry: int
    last_seq: int
    def __init__(self, durable_entry: _Optional[int] = ..., last_seq: _Optional[int] = ...) -> None: ...

class DeleteBuildLogsRequest(_message.Message):
    __slots__ = ("build_id",)
    BUILD_ID_FIELD_NUMBER: _ClassVar[int]
    build_id: str
    def __init__(self, build_id: _Optional[str] = ...) -> None: ...

class DeleteBuildLogsResponse(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: int
    def __init__(self, revision: _Optional[int] = ...) -> None: ...

class GetProjectRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetProjectResponse(_message.Message):
    __slots__ = ("project",)
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    project: _project_pb2.Project
    def __init__(self, project: _Optional[_Union[_project_pb2.Project, _Mapping]] = ...) -> None: ...

class GetSchemeRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetSchemeResponse(_message.Message):
    __slots__ = ("scheme",)
    SCHEME_FIELD_NUMBER: _ClassVar[int]
    scheme: _scheme_pb2.Scheme
    def __init__(self, scheme: _Optional[_Union[_scheme_pb2.Scheme, _Mapping]] = ...) -> None: ...

class GetBuildRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetBuildResponse(_message.Message):
    __slots__ = ("build",)
    BUILD_FIELD_NUMBER: _ClassVar[int]
    build: _build_pb2.Build
    def __init__(self, build: _Optional[_Union[_build_pb2.Build, _Mapping]] = ...) -> None: ...

class GetBuildLogRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetBuildLogResponse(_message.Message):
    __slots__ = ("build_log",)
    BUILD_LOG_FIELD_NUMBER: _ClassVar[int]
    build_log: _build_log_pb2.BuildLog
    def __init__(self, build_log: _Optional[_Union[_build_log_pb2.BuildLog, _Mapping]] = ...) -> None: ...

class GetCrashLogRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetCrashLogResponse(_message.Message):
    __slots__ = ("crash_log",)
    CRASH_LOG_FIELD_NUMBER: _ClassVar[int]
    crash_log: _crash_log_pb2.CrashLog
    def __init__(self, crash_log: _Optional[_Union[_crash_log_pb2.CrashLog, _Mapping]] = ...) -> None: ...

class ListProjectsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListProjectsResponse(_message.Message):
    __slots__ = ("projects", "next_page_token")
    PROJECTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    projects: _containers.RepeatedCompositeFieldContainer[_project_pb2.Project]
    next_page_token: str
    def __init__(self, projects: _Optional[_Iterable[_Union[_project_pb2.Project, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListSchemesRequest(_message.Message):
    __slots__ = ("project_id", "page_size", "page_token")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    page_size: int
    page_token: str
    def __init__(self, project_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListSchemesResponse(_message.Message):
    __slots__ = ("schemes", "next_page_token")
    SCHEMES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    schemes: _containers.RepeatedCompositeFieldContainer[_scheme_pb2.Scheme]
    next_page_token: str
    def __init__(self, schemes: _Optional[_Iterable[_Union[_scheme_pb2.Scheme, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListBuildsRequest(_message.Message):
    __slots__ = ("project_id", "scheme_ids", "version_string", "statuses", "page_size", "page_token", "labels")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    SCHEME_IDS_FIELD_NUMBER: _ClassVar[int]
    VERSION_STRING_FIELD_NUMBER: _ClassVar[int]
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    scheme_ids: _containers.RepeatedScalarFieldContainer[str]
    version_string: str
    statuses: _containers.RepeatedScalarFieldContainer[_build_pb2.BuildStatus]
    page_size: int
    page_token: str
    labels: _containers.ScalarMap[str, str]
    def __init__(self, project_id: _Optional[str] = ..., scheme_ids: _Optional[_Iterable[str]] = ..., version_string: _Optional[str] = ..., statuses: _Optional[_Iterable[_Union[_build_pb2.BuildStatus, str]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ...) -> None: ...

class ListBuildsResponse(_message.Message):
    __slots__ = ("builds", "next_page_token")
    BUILDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    builds: _containers.RepeatedCompositeFieldContainer[_build_pb2.Build]
    next_page_token: str
    def __init__(self, builds: _Optional[_Iterable[_Union[_build_pb2.Build, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListBuildLogsRequest(_message.Message):
    __slots__ = ("build_id", "min_level", "category", "page_size", "page_token")
    BUILD_ID_FIELD_NUMBER: _ClassVar[int]
    MIN_LEVEL_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    build_id: str
    min_level: _build_log_pb2.BuildLogLevel
    category: str
    page_size: int
    page_token: str
    def __init__(self, build_id: _Optional[str] = ..., min_level: _Optional[_Union[_build_log_pb2.BuildLogLevel, str]] = ..., category: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListBuildLogsResponse(_message.Message):
    __slots__ = ("build_logs", "next_page_token")
    BUILD_LOGS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    build_logs: _containers.RepeatedCompositeFieldContainer[_build_log_pb2.BuildLog]
    next_page_token: str
    def __init__(self, build_logs: _Optional[_Iterable[_Union[_build_log_pb2.BuildLog, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListCrashLogsRequest(_message.Message):
    __slots__ = ("build_id", "project_id", "fixed", "page_size", "page_token")
    BUILD_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    FIXED_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    build_id: str
    project_id: str
    fixed: bool
    page_size: int
    page_token: str
    def __init__(self, build_id: _Optional[str] = ..., project_id: _Optional[str] = ..., fixed: bool = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCrashLogsResponse(_message.Message):
    __slots__ = ("crash_logs", "next_page_token")
    CRASH_LOGS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    crash_logs: _containers.RepeatedCompositeFieldContainer[_crash_log_pb2.CrashLog]
    next_page_token: str
    def __init__(self, crash_logs: _Optional[_Iterable[_Union[_crash_log_pb2.CrashLog, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class SearchBuildLogsRequest(_message.Message):
    __slots__ = ("build_id", "project_id", "query", "regex", "ignore_case", "min_level", "context_lines", "limit")
    BUILD_ID_FIELD_NUMBER: _ClassVar[int]
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    QUERY_FIELD_NUMBER: _ClassVar[int]
    REGEX_FIELD_NUMBER: _ClassVar[int]
    IGNORE_CASE_FIELD_NUMBER: _ClassVar[int]
    MIN_LEVEL_FIELD_NUMBER: _ClassVar[int]
    CONTEXT_LINES_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    build_id: str
    project_id: str
    query: str
    regex: bool
    ignore_case: bool
    min_level: _build_log_pb2.BuildLogLevel
    context_lines: int
    limit: int
    def __init__(self, build_id: _Optional[str] = ..., project_id: _Optional[str] = ..., query: _Optional[str] = ..., regex: bool = ..., ignore_case: bool = ..., min_level: _Optional[_Union[_build_log_pb2.BuildLogLevel, str]] = ..., context_lines: _Optional[int] = ..., limit: _Optional[int] = ...) -> None: ...

class SearchBuildLogsResponse(_message.Message):
    __slots__ = ("hits", "expired_build_ids")
    HITS_FIELD_NUMBER: _ClassVar[int]
    EXPIRED_BUILD_IDS_FIELD_NUMBER: _ClassVar[int]
    hits: _containers.RepeatedCompositeFieldContainer[SearchHit]
    expired_build_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, hits: _Optional[_Iterable[_Union[SearchHit, _Mapping]]] = ..., expired_build_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class SearchHit(_message.Message):
    __slots__ = ("build_log", "before", "after")
    BUILD_LOG_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    build_log: _build_log_pb2.BuildLog
    before: _containers.RepeatedCompositeFieldContainer[_build_log_pb2.BuildLog]
    after: _containers.RepeatedCompositeFieldContainer[_build_log_pb2.BuildLog]
    def __init__(self, build_log: _Optional[_Union[_build_log_pb2.BuildLog, _Mapping]] = ..., before: _Optional[_Iterable[_Union[_build_log_pb2.BuildLog, _Mapping]]] = ..., after: _Optional[_Iterable[_Union[_build_log_pb2.BuildLog, _Mapping]]] = ...) -> None: ...

class StreamAllProjectIdsRequest(_message.Message):
    __slots__ = ("options",)
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    options: _position_pb2.StreamOptions
    def __init__(self, options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamAllProjectIdsResponse(_message.Message):
    __slots__ = ("position", "project_ids")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    PROJECT_IDS_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    project_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., project_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class StreamProjectRequest(_message.Message):
    __slots__ = ("id", "options")
    ID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    id: str
    options: _position_pb2.StreamOptions
    def __init__(self, id: _Optional[str] = ..., options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamProjectResponse(_message.Message):
    __slots__ = ("position", "project")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    project: _project_pb2.Project
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., project: _Optional[_Union[_project_pb2.Project, _Mapping]] = ...) -> None: ...

class StreamProjectVersionStringsRequest(_message.Message):
    __slots__ = ("options",)
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    options: _position_pb2.StreamOptions
    def __init__(self, options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamProjectVersionStringsResponse(_message.Message):
    __slots__ = ("position", "versions_by_project")
    class VersionsByProjectEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: _project_pb2.VersionStrings
        def __init__(self, key: _Optional[str] = ..., value: _Optional[_Union[_project_pb2.VersionStrings, _Mapping]] = ...) -> None: ...
    POSITION_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_BY_PROJECT_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    versions_by_project: _containers.MessageMap[str, _project_pb2.VersionStrings]
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., versions_by_project: _Optional[_Mapping[str, _project_pb2.VersionStrings]] = ...) -> None: ...

class StreamSchemeIdsRequest(_message.Message):
    __slots__ = ("project_id", "options")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    options: _position_pb2.StreamOptions
    def __init__(self, project_id: _Optional[str] = ..., options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamSchemeIdsResponse(_message.Message):
    __slots__ = ("position", "scheme_ids")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    SCHEME_IDS_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    scheme_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., scheme_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class StreamSchemeRequest(_message.Message):
    __slots__ = ("id", "options")
    ID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    id: str
    options: _position_pb2.StreamOptions
    def __init__(self, id: _Optional[str] = ..., options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamSchemeResponse(_message.Message):
    __slots__ = ("position", "scheme")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    SCHEME_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    scheme: _scheme_pb2.Scheme
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., scheme: _Optional[_Union[_scheme_pb2.Scheme, _Mapping]] = ...) -> None: ...

class StreamBuildIdsRequest(_message.Message):
    __slots__ = ("scheme_ids", "version_string", "options")
    SCHEME_IDS_FIELD_NUMBER: _ClassVar[int]
    VERSION_STRING_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    scheme_ids: _containers.RepeatedScalarFieldContainer[str]
    version_string: str
    options: _position_pb2.StreamOptions
    def __init__(self, scheme_ids: _Optional[_Iterable[str]] = ..., version_string: _Optional[str] = ..., options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamBuildIdsResponse(_message.Message):
    __slots__ = ("position", "build_ids")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    BUILD_IDS_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    build_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., build_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class StreamBuildRequest(_message.Message):
    __slots__ = ("id", "options")
    ID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    id: str
    options: _position_pb2.StreamOptions
    def __init__(self, id: _Optional[str] = ..., options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamBuildResponse(_message.Message):
    __slots__ = ("position", "build")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    BUILD_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    build: _build_pb2.Build
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., build: _Optional[_Union[_build_pb2.Build, _Mapping]] = ...) -> None: ...

class StreamLatestBuildsRequest(_message.Message):
    __slots__ = ("project_id", "limit", "options", "labels")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    limit: int
    options: _position_pb2.StreamOptions
    labels: _containers.ScalarMap[str, str]
    def __init__(self, project_id: _Optional[str] = ..., limit: _Optional[int] = ..., options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ..., labels: _Optional[_Mapping[str, str]] = ...) -> None: ...

class StreamLatestBuildsResponse(_message.Message):
    __slots__ = ("position", "builds")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    BUILDS_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    builds: _containers.RepeatedCompositeFieldContainer[_build_pb2.Build]
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., builds: _Optional[_Iterable[_Union[_build_pb2.Build, _Mapping]]] = ...) -> None: ...

class StreamBuildLogIdsRequest(_message.Message):
    __slots__ = ("build_id", "include_debug", "category", "options")
    BUILD_ID_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_DEBUG_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    build_id: str
    include_debug: bool
    category: str
    options: _position_pb2.StreamOptions
    def __init__(self, build_id: _Optional[str] = ..., include_debug: bool = ..., category: _Optional[str] = ..., options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamBuildLogIdsResponse(_message.Message):
    __slots__ = ("position", "build_log_ids", "expired_at")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    BUILD_LOG_IDS_FIELD_NUMBER: _ClassVar[int]
    EXPIRED_AT_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    build_log_ids: _containers.RepeatedScalarFieldContainer[str]
    expired_at: _timestamp_pb2.Timestamp
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., build_log_ids: _Optional[_Iterable[str]] = ..., expired_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class StreamBuildLogRequest(_message.Message):
    __slots__ = ("id", "options")
    ID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    id: str
    options: _position_pb2.StreamOptions
    def __init__(self, id: _Optional[str] = ..., options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamBuildLogResponse(_message.Message):
    __slots__ = ("position", "build_log", "expired_at")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    BUILD_LOG_FIELD_NUMBER: _ClassVar[int]
    EXPIRED_AT_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    build_log: _build_log_pb2.BuildLog
    expired_at: _timestamp_pb2.Timestamp
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., build_log: _Optional[_Union[_build_log_pb2.BuildLog, _Mapping]] = ..., expired_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class StreamCrashLogIdsRequest(_message.Message):
    __slots__ = ("build_id", "options")
    BUILD_ID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    build_id: str
    options: _position_pb2.StreamOptions
    def __init__(self, build_id: _Optional[str] = ..., options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamCrashLogIdsResponse(_message.Message):
    __slots__ = ("position", "crash_log_ids")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    CRASH_LOG_IDS_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    crash_log_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., crash_log_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class StreamCrashLogRequest(_message.Message):
    __slots__ = ("id", "options")
    ID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    id: str
    options: _position_pb2.StreamOptions
    def __init__(self, id: _Optional[str] = ..., options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamCrashLogResponse(_message.Message):
    __slots__ = ("position", "crash_log")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    CRASH_LOG_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    crash_log: _crash_log_pb2.CrashLog
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., crash_log: _Optional[_Union[_crash_log_pb2.CrashLog, _Mapping]] = ...) -> None: ...

class StreamProjectDetailRequest(_message.Message):
    __slots__ = ("id", "options")
    ID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    id: str
    options: _position_pb2.StreamOptions
    def __init__(self, id: _Optional[str] = ..., options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamProjectDetailResponse(_message.Message):
    __slots__ = ("position", "project_detail")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    PROJECT_DETAIL_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    project_detail: _project_pb2.ProjectDetail
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., project_detail: _Optional[_Union[_project_pb2.ProjectDetail, _Mapping]] = ...) -> None: ...

class StreamBuildVersionStringsRequest(_message.Message):
    __slots__ = ("project_id", "options")
    PROJECT_ID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    project_id: str
    options: _position_pb2.StreamOptions
    def __init__(self, project_id: _Optional[str] = ..., options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamBuildVersionStringsResponse(_message.Message):
    __slots__ = ("position", "version_strings")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    VERSION_STRINGS_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    version_strings: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., version_strings: _Optional[_Iterable[str]] = ...) -> None: ...

class TailBuildLogsRequest(_message.Message):
    __slots__ = ("build_id", "after_seq", "include_debug", "min_level", "category", "follow")
    BUILD_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_SEQ_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_DEBUG_FIELD_NUMBER: _ClassVar[int]
    MIN_LEVEL_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    FOLLOW_FIELD_NUMBER: _ClassVar[int]
    build_id: str
    after_seq: int
    include_debug: bool
    min_level: _build_log_pb2.BuildLogLevel
    category: str
    follow: bool
    def __init__(self, build_id: _Optional[str] = ..., after_seq: _Optional[int] = ..., include_debug: bool = ..., min_level: _Optional[_Union[_build_log_pb2.BuildLogLevel, str]] = ..., category: _Optional[str] = ..., follow: bool = ...) -> None: ...

class TailBuildLogsResponse(_message.Message):
    __slots__ = ("position", "build_logs", "last_seq")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    BUILD_LOGS_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQ_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    build_logs: _containers.RepeatedCompositeFieldContainer[_build_log_pb2.BuildLog]
    last_seq: int
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., build_logs: _Optional[_Iterable[_Union[_build_log_pb2.BuildLog, _Mapping]]] = ..., last_seq: _Optional[int] = ...) -> None: ...
