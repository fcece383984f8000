import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BuildStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BUILD_STATUS_UNSPECIFIED: _ClassVar[BuildStatus]
    BUILD_STATUS_QUEUED: _ClassVar[BuildStatus]
    BUILD_STATUS_RUNNING: _ClassVar[BuildStatus]
    BUILD_STATUS_COMPLETED: _ClassVar[BuildStatus]
    BUILD_STATUS_FAILED: _ClassVar[BuildStatus]
    BUILD_STATUS_CANCELLED: _ClassVar[BuildStatus]

class ExportOption(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EXPORT_OPTION_UNSPECIFIED: _ClassVar[ExportOption]
    EXPORT_OPTION_RELEASE_TESTING: _ClassVar[ExportOption]
    EXPORT_OPTION_APP_STORE: _ClassVar[ExportOption]
BUILD_STATUS_UNSPECIFIED: BuildStatus
BUILD_STATUS_QUEUED: BuildStatus
BUILD_STATUS_RUNNING: BuildStatus
BUILD_STATUS_COMPLETED: BuildStatus
BUILD_STATUS_FAILED: BuildStatus
BUILD_STATUS_CANCELLED: BuildStatus
EXPORT_OPTION_UNSPECIFIED: ExportOption
EXPORT_OPTION_RELEASE_TESTING: ExportOption
EXPORT_OPTION_APP_STORE: ExportOption

class Build(_message.Message):
    __slots__ = ("id", "scheme_id", "version_string", "build_number", "created_at", "start_date", "end_date", "export_options", "status", "progress", "commit_hash", "device_metadata", "os_version", "memory", "processor", "command", "exit_code", "branch", "host", "labels")
    class LabelsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    ID_FIELD_NUMBER: _ClassVar[int]
    SCHEME_ID_FIELD_NUMBER: _ClassVar[int]
    VERSION_STRING_FIELD_NUMBER: _ClassVar[int]
    BUILD_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    START_DATE_FIELD_NUMBER: _ClassVar[int]
    END_DATE_FIELD_NUMBER: _ClassVar[int]
    EXPORT_OPTIONS_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    COMMIT_HASH_FIELD_NUMBER: _ClassVar[int]
    DEVICE_METADATA_FIELD_NUMBER: _ClassVar[int]
    OS_VERSION_FIELD_NUMBER: _ClassVar[int]
    MEMORY_FIELD_NUMBER: _ClassVar[int]
    PROCESSOR_FIELD_NUMBER: _ClassVar[int]
    COMMAND_FIELD_NUMBER: _ClassVar[int]
    EXIT_CODE_FIELD_NUMBER: _ClassVar[int]
    BRANCH_FIELD_NUMBER: _ClassVar[int]
    HOST_FIELD_NUMBER: _ClassVar[int]
    LABELS_FIELD_NUMBER: _ClassVar[int]
    id: str
    scheme_id: str
    version_string: str
    build_number: int
    created_at: _timestamp_pb2.Timestamp
    start_date: _timestamp_pb2.Timestamp
    end_date: _timestamp_pb2.Timestamp
    export_options: _containers.RepeatedScalarFieldContainer[ExportOption]
    status: BuildStatus
    progress: float
    commit_hash: str
    device_metadata: str
    os_version: str
    memory: int
    processor: str
    command: _containers.RepeatedScalarFieldContainer[str]
    exit_code: int
    branch: str
    host: str
    labels: _containers.ScalarMap[str, str]
    def __init__(self, id: _Optional[str] = ..., scheme_id: _Optional[str] = ..., version_string: _Optional[str] = ..., build_number: _Optional[int] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., start_date: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., end_date: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., export_options: _Optional[_Iterable[_Union[ExportOption, str]]] = ..., status: _Optional[_Union[BuildStatus, str]] = ..., progress: _Optional[float] = ..., commit_hash: _Optional[str] = ..., device_metadata: _Optional[str] = ..., os_version: _Optional[str] = ..., memory: _Optional[int] = ..., processor: _Optional[str] = ..., command: _Optional[_Iterable[str]] = ..., exit_code: _Optional[int] = ..., branch: _Optional[str] = ..., host: _Optional[str] = ..., labels: _Optional[_Mapping[str, str]] = ...) -> None: ...
