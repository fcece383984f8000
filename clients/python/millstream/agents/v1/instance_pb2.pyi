import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class InstanceType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INSTANCE_TYPE_UNSPECIFIED: _ClassVar[InstanceType]
    INSTANCE_TYPE_CODING: _ClassVar[InstanceType]
    INSTANCE_TYPE_REVIEW: _ClassVar[InstanceType]
    INSTANCE_TYPE_PLANNING: _ClassVar[InstanceType]

class InstanceStatus(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INSTANCE_STATUS_UNSPECIFIED: _ClassVar[InstanceStatus]
    INSTANCE_STATUS_STARTED: _ClassVar[InstanceStatus]
    INSTANCE_STATUS_WAITING_REVIEW: _ClassVar[InstanceStatus]
    INSTANCE_STATUS_PR_CREATED: _ClassVar[InstanceStatus]
    INSTANCE_STATUS_PR_MERGED: _ClassVar[InstanceStatus]
    INSTANCE_STATUS_PR_CLOSED: _ClassVar[InstanceStatus]
    INSTANCE_STATUS_TERMINATED: _ClassVar[InstanceStatus]
INSTANCE_TYPE_UNSPECIFIED: InstanceType
INSTANCE_TYPE_CODING: InstanceType
INSTANCE_TYPE_REVIEW: InstanceType
INSTANCE_TYPE_PLANNING: InstanceType
INSTANCE_STATUS_UNSPECIFIED: InstanceStatus
INSTANCE_STATUS_STARTED: InstanceStatus
INSTANCE_STATUS_WAITING_REVIEW: InstanceStatus
INSTANCE_STATUS_PR_CREATED: InstanceStatus
INSTANCE_STATUS_PR_MERGED: InstanceStatus
INSTANCE_STATUS_PR_CLOSED: InstanceStatus
INSTANCE_STATUS_TERMINATED: InstanceStatus

class Instance(_message.Message):
    __slots__ = ("id", "type", "status", "worktree_path", "branch_name", "base_branch", "tmux_session", "process_id", "issue_number", "pr_number", "pr_url", "parent_instance_id", "created_at", "terminated_at", "last_activity", "system_prompt", "agent_number")
    ID_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    WORKTREE_PATH_FIELD_NUMBER: _ClassVar[int]
    BRANCH_NAME_FIELD_NUMBER: _ClassVar[int]
    BASE_BRANCH_FIELD_NUMBER: _ClassVar[int]
    TMUX_SESSION_FIELD_NUMBER: _ClassVar[int]
    PROCESS_ID_FIELD_NUMBER: _ClassVar[int]
    ISSUE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PR_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PR_URL_FIELD_NUMBER: _ClassVar[int]
    PARENT_INSTANCE_ID_FIELD_NUMBER: _ClassVar[int]
    CREATED_AT_FIELD_NUMBER: _ClassVar[int]
    TERMINATED_AT_FIELD_NUMBER: _ClassVar[int]
    LAST_ACTIVITY_FIELD_NUMBER: _ClassVar[int]
    SYSTEM_PROMPT_FIELD_NUMBER: _ClassVar[int]
    AGENT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    id: str
    type: InstanceType
    status: InstanceStatus
    worktree_path: str
    branch_name: str
    base_branch: str
    tmux_session: str
    process_id: int
    issue_number: int
    pr_number: int
    pr_url: str
    parent_instance_id: str
    created_at: _timestamp_pb2.Timestamp
    terminated_at: _timestamp_pb2.Timestamp
    last_activity: _timestamp_pb2.Timestamp
    system_prompt: str
    agent_number: int
    def __init__(self, id: _Optional[str] = ..., type: _Optional[_Union[InstanceType, str]] = ..., status: _Optional[_Union[InstanceStatus, str]] = ..., worktree_path: _Optional[str] = ..., branch_name: _Optional[str] = ..., base_branch: _Optional[str] = ..., tmux_session: _Optional[str] = ..., process_id: _Optional[int] = ..., issue_number: _Optional[int] = ..., pr_number: _Optional[int] = ..., pr_url: _Optional[str] = ..., parent_instance_id: _Optional[str] = ..., created_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., terminated_at: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., last_activity: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., system_prompt: _Optional[str] = ..., agent_number: _Optional[int] = ...) -> None: ...
