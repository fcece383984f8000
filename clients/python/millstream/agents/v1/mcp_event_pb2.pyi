import datetime

from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from millstream.agents.v1 import instance_pb2 as _instance_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class McpEvent(_message.Message):
    __slots__ = ("id", "instance_id", "tool_name", "success", "error_message", "metadata", "git_commit_hash", "status_change", "is_status_updating", "timestamp")
    ID_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_ID_FIELD_NUMBER: _ClassVar[int]
    TOOL_NAME_FIELD_NUMBER: _ClassVar[int]
    SUCCESS_FIELD_NUMBER: _ClassVar[int]
    ERROR_MESSAGE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    GIT_COMMIT_HASH_FIELD_NUMBER: _ClassVar[int]
    STATUS_CHANGE_FIELD_NUMBER: _ClassVar[int]
    IS_STATUS_UPDATING_FIELD_NUMBER: _ClassVar[int]
    TIMESTAMP_FIELD_NUMBER: _ClassVar[int]
    id: int
    instance_id: str
    tool_name: str
    success: bool
    error_message: str
    metadata: _struct_pb2.Struct
    git_commit_hash: str
    status_change: _instance_pb2.InstanceStatus
    is_status_updating: bool
    timestamp: _timestamp_pb2.Timestamp
    def __init__(self, id: _Optional[int] = ..., instance_id: _Optional[str] = ..., tool_name: _Optional[str] = ..., success: bool = ..., error_message: _Optional[str] = ..., metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ..., git_commit_hash: _Optional[str] = ..., status_change: _Optional[_Union[_instance_pb2.InstanceStatus, str]] = ..., is_status_updating: bool = ..., timestamp: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
