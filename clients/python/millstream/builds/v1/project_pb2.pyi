import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Project(_message.Message):
    __slots__ = ("bundle_identifier", "name", "display_name", "git_repo_url", "xcodeproj_name", "working_directory", "created_at")
    BUNDLE_IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    GIT_REPO_URL_FIELD_NUMBER: _ClassVar[int]
    XCODEPROJ_NAME_FIELD_NUMBER: _ClassVar[int]
    WORKING_DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    bundle_identifier: str
    name: str
    display_name: str
    git_repo_url: str
    xcodeproj_name: str
    working_directory: str
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, bundle_identifier: _Optional[str] = ..., name: _Optional[str] = ..., display_name: _Optional[str] = ..., git_repo_url: _Optional[str] = ..., xcodeproj_name: _Optional[str] = ..., working_directory: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class ProjectDetail(_message.Message):
    __slots__ = ("project", "scheme_ids", "recent_build_ids")
    PROJECT_FIELD_NUMBER: _ClassVar[int]
    SCHEME_IDS_FIELD_NUMBER: _ClassVar[int]
    RECENT_BUILD_IDS_FIELD_NUMBER: _ClassVar[int]
    project: Project
    scheme_ids: _containers.RepeatedScalarFieldContainer[str]
    recent_build_ids: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, project: _Optional[_Union[Project, _Mapping]] = ..., scheme_ids: _Optional[_Iterable[str]] = ..., recent_build_ids: _Optional[_Iterable[str]] = ...) -> None: ...

class VersionStrings(_message.Message):
    __slots__ = ("version_strings",)
    VERSION_STRINGS_FIELD_NUMBER: _ClassVar[int]
    version_strings: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, version_strings: _Optional[_Iterable[str]] = ...) -> None: ...
