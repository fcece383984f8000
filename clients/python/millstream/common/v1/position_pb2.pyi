import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Position(_message.Message):
    __slots__ = ("revision", "resume_token", "unchanged", "append")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    APPEND_FIELD_NUMBER: _ClassVar[int]
    revision: int
    resume_token: bytes
    unchanged: bool
    append: bool
    def __init__(self, revision: _Optional[int] = ..., resume_token: _Optional[bytes] = ..., unchanged: bool = ..., append: bool = ...) -> None: ...

class StreamOptions(_message.Message):
    __slots__ = ("resume_token", "min_interval", "append")
    RESUME_TOKEN_FIELD_NUMBER: _ClassVar[int]
    MIN_INTERVAL_FIELD_NUMBER: _ClassVar[int]
    APPEND_FIELD_NUMBER: _ClassVar[int]
    resume_token: bytes
    min_interval: _duration_pb2.Duration
    append: bool
    def __init__(self, resume_token: _Optional[bytes] = ..., min_interval: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., append: bool = ...) -> None: ...
