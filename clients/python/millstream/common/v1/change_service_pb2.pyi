import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from millstream.common.v1 import change_pb2 as _change_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class StreamChangesRequest(_message.Message):
    __slots__ = ("after_revision", "tables", "store_id")
    AFTER_REVISION_FIELD_NUMBER: _ClassVar[int]
    TABLES_FIELD_NUMBER: _ClassVar[int]
    STORE_ID_FIELD_NUMBER: _ClassVar[int]
    after_revision: int
    tables: _containers.RepeatedScalarFieldContainer[str]
    store_id: bytes
    def __init__(self, after_revision: _Optional[int] = ..., tables: _Optional[_Iterable[str]] = ..., store_id: _Optional[bytes] = ...) -> None: ...

class StreamChangesResponse(_message.Message):
    __slots__ = ("revision", "committed_at", "changes", "store_id")
    REVISION_FIELD_NUMBER: _ClassVar[int]
    COMMITTED_AT_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    STORE_ID_FIELD_NUMBER: _ClassVar[int]
    revision: int
    committed_at: _timestamp_pb2.Timestamp
    changes: _containers.RepeatedCompositeFieldContainer[_change_pb2.Change]
    store_id: bytes
    def __init__(self, revision: _Optional[int] = ..., committed_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., changes: _Optional[_Iterable[_Union[_change_pb2.Change, _Mapping]]] = ..., store_id: _Optional[bytes] = ...) -> None: ...
