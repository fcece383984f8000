import datetime

from google.protobuf import struct_pb2 as _struct_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class RelationshipType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    RELATIONSHIP_TYPE_UNSPECIFIED: _ClassVar[RelationshipType]
    RELATIONSHIP_TYPE_SPAWNED_REVIEW: _ClassVar[RelationshipType]
    RELATIONSHIP_TYPE_CREATED_FORK: _ClassVar[RelationshipType]
    RELATIONSHIP_TYPE_PLANNING_TO_ISSUE: _ClassVar[RelationshipType]
RELATIONSHIP_TYPE_UNSPECIFIED: RelationshipType
RELATIONSHIP_TYPE_SPAWNED_REVIEW: RelationshipType
RELATIONSHIP_TYPE_CREATED_FORK: RelationshipType
RELATIONSHIP_TYPE_PLANNING_TO_ISSUE: RelationshipType

class Relationship(_message.Message):
    __slots__ = ("id", "parent_instance", "child_instance", "type", "review_iteration", "created_at", "metadata")
    ID_FIELD_NUMBER: _ClassVar[int]
    PARENT_INSTANCE_FIELD_NUMBER: _ClassVar[int]
    CHILD_INSTANCE_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    REVIEW_ITERATION_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    id: int
    parent_instance: str
    child_instance: str
    type: RelationshipType
    review_iteration: int
    created_at: _timestamp_pb2.Timestamp
    metadata: _struct_pb2.Struct
    def __init__(self, id: _Optional[int] = ..., parent_instance: _Optional[str] = ..., child_instance: _Optional[str] = ..., type: _Optional[_Union[RelationshipType, str]] = ..., review_iteration: _Optional[int] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., metadata: _Optional[_Union[_struct_pb2.Struct, _Mapping]] = ...) -> None: ...
