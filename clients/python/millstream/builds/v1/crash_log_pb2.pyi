import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CrashLogRole(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CRASH_LOG_ROLE_UNSPECIFIED: _ClassVar[CrashLogRole]
    CRASH_LOG_ROLE_FOREGROUND: _ClassVar[CrashLogRole]
    CRASH_LOG_ROLE_BACKGROUND: _ClassVar[CrashLogRole]

class CrashLogPriority(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CRASH_LOG_PRIORITY_UNSPECIFIED: _ClassVar[CrashLogPriority]
    CRASH_LOG_PRIORITY_LOW: _ClassVar[CrashLogPriority]
    CRASH_LOG_PRIORITY_MEDIUM: _ClassVar[CrashLogPriority]
    CRASH_LOG_PRIORITY_HIGH: _ClassVar[CrashLogPriority]
    CRASH_LOG_PRIORITY_URGENT: _ClassVar[CrashLogPriority]
CRASH_LOG_ROLE_UNSPECIFIED: CrashLogRole
CRASH_LOG_ROLE_FOREGROUND: CrashLogRole
CRASH_LOG_ROLE_BACKGROUND: CrashLogRole
CRASH_LOG_PRIORITY_UNSPECIFIED: CrashLogPriority
CRASH_LOG_PRIORITY_LOW: CrashLogPriority
CRASH_LOG_PRIORITY_MEDIUM: CrashLogPriority
CRASH_LOG_PRIORITY_HIGH: CrashLogPriority
CRASH_LOG_PRIORITY_URGENT: CrashLogPriority

class CrashLog(_message.Message):
    __slots__ = ("incident_identifier", "is_main_thread", "created_at", "build_id", "content", "hardware_model", "process", "role", "date_time", "launch_time", "os_version", "note", "fixed", "priority")
    INCIDENT_IDENTIFIER_FIELD_NUMBER: _ClassVar[int]
    IS_MAIN_THREAD_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    BUILD_ID_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    HARDWARE_MODEL_FIELD_NUMBER: _ClassVar[int]
    PROCESS_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    DATE_TIME_FIELD_NUMBER: _ClassVar[int]
    LAUNCH_TIME_FIELD_NUMBER: _ClassVar[int]
    OS_VERSION_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    FIXED_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    incident_identifier: str
    is_main_thread: bool
    created_at: _timestamp_pb2.Timestamp
    build_id: str
    content: str
    hardware_model: str
    process: str
    role: CrashLogRole
    date_time: _timestamp_pb2.Timestamp
    launch_time: _timestamp_pb2.Timestamp
    os_version: str
    note: str
    fixed: bool
    priority: CrashLogPriority
    def __init__(self, incident_identifier: _Optional[str] = ..., is_main_thread: bool = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., build_id: _Optional[str] = ..., content: _Optional[str] = ..., hardware_model: _Optional[str] = ..., process: _Optional[str] = ..., role: _Optional[_Union[CrashLogRole, str]] = ..., date_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., launch_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., os_version: _Optional[str] = ..., note: _Optional[str] = ..., fixed: bool = ..., priority: _Optional[_Union[CrashLogPriority, str]] = ...) -> None: ...
