import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BuildLogLevel(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BUILD_LOG_LEVEL_UNSPECIFIED: _ClassVar[BuildLogLevel]
    BUILD_LOG_LEVEL_DEBUG: _ClassVar[BuildLogLevel]
    BUILD_LOG_LEVEL_INFO: _ClassVar[BuildLogLevel]
    BUILD_LOG_LEVEL_WARNING: _ClassVar[BuildLogLevel]
    BUILD_LOG_LEVEL_ERROR: _ClassVar[BuildLogLevel]
BUILD_LOG_LEVEL_UNSPECIFIED: BuildLogLevel
BUILD_LOG_LEVEL_DEBUG: BuildLogLevel
BUILD_LOG_LEVEL_INFO: BuildLogLevel
BUILD_LOG_LEVEL_WARNING: BuildLogLevel
BUILD_LOG_LEVEL_ERROR: BuildLogLevel

class BuildLog(_message.Message):
    __slots__ = ("id", "build_id", "seq", "category", "level", "content", "created_at")
    ID_FIELD_NUMBER: _ClassVar[int]
    BUILD_ID_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    id: str
    build_id: str
    seq: int
    category: str
    level: BuildLogLevel
    content: str
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[str] = ..., build_id: _Optional[str] = ..., seq: _Optional[int] = ..., category: _Optional[str] = ..., level: _Optional[_Union[BuildLogLevel, str]] = ..., content: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class BuildLogEntry(_message.Message):
    __slots__ = ("category", "level", "content", "created_at")
    CATEGORY_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    category: str
    level: BuildLogLevel
    content: str
    created_at: _timestamp_pb2.Timestamp
    def __init__(self, category: _Optional[str] = ..., level: _Optional[_Union[BuildLogLevel, str]] = ..., content: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
