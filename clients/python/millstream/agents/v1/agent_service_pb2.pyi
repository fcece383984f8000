import datetime

from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from millstream.agents.v1 import config_entry_pb2 as _config_entry_pb2
from millstream.agents.v1 import github_issue_pb2 as _github_issue_pb2
from millstream.agents.v1 import instance_pb2 as _instance_pb2
from millstream.agents.v1 import mcp_event_pb2 as _mcp_event_pb2
from millstream.agents.v1 import relationship_pb2 as _relationship_pb2
from millstream.common.v1 import position_pb2 as _position_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreateInstanceRequest(_message.Message):
    __slots__ = ("instance",)
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    instance: _instance_pb2.Instance
    def __init__(self, instance: _Optional[_Union[_instance_pb2.Instance, _Mapping]] = ...) -> None: ...

class CreateInstanceResponse(_message.Message):
    __slots__ = ("instance", "revision")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    instance: _instance_pb2.Instance
    revision: int
    def __init__(self, instance: _Optional[_Union[_instance_pb2.Instance, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class UpdateInstanceRequest(_message.Message):
    __slots__ = ("instance", "update_mask")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    instance: _instance_pb2.Instance
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, instance: _Optional[_Union[_instance_pb2.Instance, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateInstanceResponse(_message.Message):
    __slots__ = ("instance", "revision")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    instance: _instance_pb2.Instance
    revision: int
    def __init__(self, instance: _Optional[_Union[_instance_pb2.Instance, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class UpdateInstanceStatusRequest(_message.Message):
    __slots__ = ("id", "status")
    ID_FIELD_NUMBER: _ClassVar[int]
    STATUS_FIELD_NUMBER: _ClassVar[int]
    id: str
    status: _instance_pb2.InstanceStatus
    def __init__(self, id: _Optional[str] = ..., status: _Optional[_Union[_instance_pb2.InstanceStatus, str]] = ...) -> None: ...

class UpdateInstanceStatusResponse(_message.Message):
    __slots__ = ("instance", "revision", "mcp_event")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    MCP_EVENT_FIELD_NUMBER: _ClassVar[int]
    instance: _instance_pb2.Instance
    revision: int
    mcp_event: _mcp_event_pb2.McpEvent
    def __init__(self, instance: _Optional[_Union[_instance_pb2.Instance, _Mapping]] = ..., revision: _Optional[int] = ..., mcp_event: _Optional[_Union[_mcp_event_pb2.McpEvent, _Mapping]] = ...) -> None: ...

class GetInstanceRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class GetInstanceResponse(_message.Message):
    __slots__ = ("instance",)
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    instance: _instance_pb2.Instance
    def __init__(self, instance: _Optional[_Union[_instance_pb2.Instance, _Mapping]] = ...) -> None: ...

class ListInstancesRequest(_message.Message):
    __slots__ = ("types", "statuses", "issue_number", "parent_instance", "order_by", "descending", "page_size", "page_token")
    TYPES_FIELD_NUMBER: _ClassVar[int]
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    ISSUE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PARENT_INSTANCE_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    DESCENDING_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    types: _containers.RepeatedScalarFieldContainer[_instance_pb2.InstanceType]
    statuses: _containers.RepeatedScalarFieldContainer[_instance_pb2.InstanceStatus]
    issue_number: int
    parent_instance: str
    order_by: str
    descending: bool
    page_size: int
    page_token: str
    def __init__(self, types: _Optional[_Iterable[_Union[_instance_pb2.InstanceType, str]]] = ..., statuses: _Optional[_Iterable[_Union[_instance_pb2.InstanceStatus, str]]] = ..., issue_number: _Optional[int] = ..., parent_instance: _Optional[str] = ..., order_by: _Optional[str] = ..., descending: bool = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListInstancesResponse(_message.Message):
    __slots__ = ("instances", "next_page_token")
    INSTANCES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    instances: _containers.RepeatedCompositeFieldContainer[_instance_pb2.Instance]
    next_page_token: str
    def __init__(self, instances: _Optional[_Iterable[_Union[_instance_pb2.Instance, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DeleteInstanceRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: str
    def __init__(self, id: _Optional[str] = ...) -> None: ...

class DeleteInstanceResponse(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: int
    def __init__(self, revision: _Optional[int] = ...) -> None: ...

class LogMcpEventRequest(_message.Message):
    __slots__ = ("mcp_event",)
    MCP_EVENT_FIELD_NUMBER: _ClassVar[int]
    mcp_event: _mcp_event_pb2.McpEvent
    def __init__(self, mcp_event: _Optional[_Union[_mcp_event_pb2.McpEvent, _Mapping]] = ...) -> None: ...

class LogMcpEventResponse(_message.Message):
    __slots__ = ("mcp_event", "revision")
    MCP_EVENT_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    mcp_event: _mcp_event_pb2.McpEvent
    revision: int
    def __init__(self, mcp_event: _Optional[_Union[_mcp_event_pb2.McpEvent, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class AppendMcpEventsRequest(_message.Message):
    __slots__ = ("instance_id", "writer_id", "first_entry", "events")
    INSTANCE_ID_FIELD_NUMBER: _ClassVar[int]
    WRITER_ID_FIELD_NUMBER: _ClassVar[int]
    FIRST_ENTRY_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    instance_id: str
    writer_id: str
    first_entry: int
    events: _containers.RepeatedCompositeFieldContainer[_mcp_event_pb2.McpEvent]
    def __init__(self, instance_id: _Optional[str] = ..., writer_id: _Optional[str] = ..., first_entry: _Optional[int] = ..., events: _Optional[_Iterable[_Union[_mcp_event_pb2.McpEvent, _Mapping]]] = ...) -> None: ...

class AppendMcpEventsResponse(_message.Message):
    __slots__ = ("durable_entry", "last_id")
    DURABLE_ENTRY_FIELD_NUMBER: _ClassVar[int]
    LAST_ID_FIELD_NUMBER: _ClassVar[int]
    durable_entry: int
    last_id: int
    def __init__(self, durable_entry: _Optional[int] = ..., last_id: _Optional[int] = ...) -> None: ...

class ListMcpEventsRequest(_message.Message):
    __slots__ = ("instance_id", "limit", "page_token")
    INSTANCE_ID_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    instance_id: str
    limit: int
    page_token: str
    def __init__(self, instance_id: _Optional[str] = ..., limit: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListMcpEventsResponse(_message.Message):
    __slots__ = ("mcp_events", "next_page_token")
    MCP_EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    mcp_events: _containers.RepeatedCompositeFieldContainer[_mcp_event_pb2.McpEvent]
    next_page_token: str
    def __init__(self, mcp_events: _Optional[_Iterable[_Union[_mcp_event_pb2.McpEvent, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListRecentMcpEventsRequest(_message.Message):
    __slots__ = ("since", "limit", "page_token")
    SINCE_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    since: _timestamp_pb2.Timestamp
    limit: int
    page_token: str
    def __init__(self, since: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., limit: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListRecentMcpEventsResponse(_message.Message):
    __slots__ = ("mcp_events", "next_page_token")
    MCP_EVENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    mcp_events: _containers.RepeatedCompositeFieldContainer[_mcp_event_pb2.McpEvent]
    next_page_token: str
    def __init__(self, mcp_events: _Optional[_Iterable[_Union[_mcp_event_pb2.McpEvent, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class CreateRelationshipRequest(_message.Message):
    __slots__ = ("relationship",)
    RELATIONSHIP_FIELD_NUMBER: _ClassVar[int]
    relationship: _relationship_pb2.Relationship
    def __init__(self, relationship: _Optional[_Union[_relationship_pb2.Relationship, _Mapping]] = ...) -> None: ...

class CreateRelationshipResponse(_message.Message):
    __slots__ = ("relationship", "revision")
    RELATIONSHIP_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    relationship: _relationship_pb2.Relationship
    revision: int
    def __init__(self, relationship: _Optional[_Union[_relationship_pb2.Relationship, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class ListRelationshipsRequest(_message.Message):
    __slots__ = ("instance_id", "page_size", "page_token")
    INSTANCE_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    instance_id: str
    page_size: int
    page_token: str
    def __init__(self, instance_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListRelationshipsResponse(_message.Message):
    __slots__ = ("relationships", "next_page_token")
    RELATIONSHIPS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    relationships: _containers.RepeatedCompositeFieldContainer[_relationship_pb2.Relationship]
    next_page_token: str
    def __init__(self, relationships: _Optional[_Iterable[_Union[_relationship_pb2.Relationship, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateRelationshipRequest(_message.Message):
    __slots__ = ("relationship", "update_mask")
    RELATIONSHIP_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    relationship: _relationship_pb2.Relationship
    update_mask: _field_mask_pb2.FieldMask
    def __init__(self, relationship: _Optional[_Union[_relationship_pb2.Relationship, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ...) -> None: ...

class UpdateRelationshipResponse(_message.Message):
    __slots__ = ("relationship", "revision")
    RELATIONSHIP_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    relationship: _relationship_pb2.Relationship
    revision: int
    def __init__(self, relationship: _Optional[_Union[_relationship_pb2.Relationship, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class UpsertGitHubIssueRequest(_message.Message):
    __slots__ = ("github_issue",)
    GITHUB_ISSUE_FIELD_NUMBER: _ClassVar[int]
    github_issue: _github_issue_pb2.GitHubIssue
    def __init__(self, github_issue: _Optional[_Union[_github_issue_pb2.GitHubIssue, _Mapping]] = ...) -> None: ...

class UpsertGitHubIssueResponse(_message.Message):
    __slots__ = ("github_issue", "revision")
    GITHUB_ISSUE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    github_issue: _github_issue_pb2.GitHubIssue
    revision: int
    def __init__(self, github_issue: _Optional[_Union[_github_issue_pb2.GitHubIssue, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class GetGitHubIssueRequest(_message.Message):
    __slots__ = ("repo_owner", "repo_name", "number")
    REPO_OWNER_FIELD_NUMBER: _ClassVar[int]
    REPO_NAME_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    repo_owner: str
    repo_name: str
    number: int
    def __init__(self, repo_owner: _Optional[str] = ..., repo_name: _Optional[str] = ..., number: _Optional[int] = ...) -> None: ...

class GetGitHubIssueResponse(_message.Message):
    __slots__ = ("github_issue",)
    GITHUB_ISSUE_FIELD_NUMBER: _ClassVar[int]
    github_issue: _github_issue_pb2.GitHubIssue
    def __init__(self, github_issue: _Optional[_Union[_github_issue_pb2.GitHubIssue, _Mapping]] = ...) -> None: ...

class SyncGitHubIssuesRequest(_message.Message):
    __slots__ = ("github_issues",)
    GITHUB_ISSUES_FIELD_NUMBER: _ClassVar[int]
    github_issues: _containers.RepeatedCompositeFieldContainer[_github_issue_pb2.GitHubIssue]
    def __init__(self, github_issues: _Optional[_Iterable[_Union[_github_issue_pb2.GitHubIssue, _Mapping]]] = ...) -> None: ...

class SyncGitHubIssuesResponse(_message.Message):
    __slots__ = ("created", "updated", "unchanged", "revision")
    CREATED_FIELD_NUMBER: _ClassVar[int]
    UPDATED_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    created: int
    updated: int
    unchanged: int
    revision: int
    def __init__(self, created: _Optional[int] = ..., updated: _Optional[int] = ..., unchanged: _Optional[int] = ..., revision: _Optional[int] = ...) -> None: ...

class GetConfigRequest(_message.Message):
    __slots__ = ("key",)
    KEY_FIELD_NUMBER: _ClassVar[int]
    key: str
    def __init__(self, key: _Optional[str] = ...) -> None: ...

class GetConfigResponse(_message.Message):
    __slots__ = ("config_entry",)
    CONFIG_ENTRY_FIELD_NUMBER: _ClassVar[int]
    config_entry: _config_entry_pb2.ConfigEntry
    def __init__(self, config_entry: _Optional[_Union[_config_entry_pb2.ConfigEntry, _Mapping]] = ...) -> None: ...

class SetConfigRequest(_message.Message):
    __slots__ = ("key", "value", "encrypted", "allow_plaintext")
    KEY_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    ENCRYPTED_FIELD_NUMBER: _ClassVar[int]
    ALLOW_PLAINTEXT_FIELD_NUMBER: _ClassVar[int]
    key: str
    value: str
    encrypted: bool
    allow_plaintext: bool
    def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ..., encrypted: bool = ..., allow_plaintext: bool = ...) -> None: ...

class SetConfigResponse(_message.Message):
    __slots__ = ("config_entry", "revision")
    CONFIG_ENTRY_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    config_entry: _config_entry_pb2.ConfigEntry
    revision: int
    def __init__(self, config_entry: _Optional[_Union[_config_entry_pb2.ConfigEntry, _Mapping]] = ..., revision: _Optional[int] = ...) -> None: ...

class DeleteConfigRequest(_message.Message):
    __slots__ = ("key",)
    KEY_FIELD_NUMBER: _ClassVar[int]
    key: str
    def __init__(self, key: _Optional[str] = ...) -> None: ...

class DeleteConfigResponse(_message.Message):
    __slots__ = ("revision",)
    REVISION_FIELD_NUMBER: _ClassVar[int]
    revision: int
    def __init__(self, revision: _Optional[int] = ...) -> None: ...

class ListConfigRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListConfigResponse(_message.Message):
    __slots__ = ("config_entries", "next_page_token")
    CONFIG_ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    config_entries: _containers.RepeatedCompositeFieldContainer[_config_entry_pb2.ConfigEntry]
    next_page_token: str
    def __init__(self, config_entries: _Optional[_Iterable[_Union[_config_entry_pb2.ConfigEntry, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class StreamInstancesRequest(_message.Message):
    __slots__ = ("types", "statuses", "issue_number", "parent_instance", "order_by", "descending", "limit", "options")
    TYPES_FIELD_NUMBER: _ClassVar[int]
    STATUSES_FIELD_NUMBER: _ClassVar[int]
    ISSUE_NUMBER_FIELD_NUMBER: _ClassVar[int]
    PARENT_INSTANCE_FIELD_NUMBER: _ClassVar[int]
    ORDER_BY_FIELD_NUMBER: _ClassVar[int]
    DESCENDING_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    types: _containers.RepeatedScalarFieldContainer[_instance_pb2.InstanceType]
    statuses: _containers.RepeatedScalarFieldContainer[_instance_pb2.InstanceStatus]
    issue_number: int
    parent_instance: str
    order_by: str
    descending: bool
    limit: int
    options: _position_pb2.StreamOptions
    def __init__(self, types: _Optional[_Iterable[_Union[_instance_pb2.InstanceType, str]]] = ..., statuses: _Optional[_Iterable[_Union[_instance_pb2.InstanceStatus, str]]] = ..., issue_number: _Optional[int] = ..., parent_instance: _Optional[str] = ..., order_by: _Optional[str] = ..., descending: bool = ..., limit: _Optional[int] = ..., options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamInstancesResponse(_message.Message):
    __slots__ = ("position", "instances")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    INSTANCES_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    instances: _containers.RepeatedCompositeFieldContainer[_instance_pb2.Instance]
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., instances: _Optional[_Iterable[_Union[_instance_pb2.Instance, _Mapping]]] = ...) -> None: ...

class StreamInstanceRequest(_message.Message):
    __slots__ = ("id", "options")
    ID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    id: str
    options: _position_pb2.StreamOptions
    def __init__(self, id: _Optional[str] = ..., options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamInstanceResponse(_message.Message):
    __slots__ = ("position", "instance")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    instance: _instance_pb2.Instance
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., instance: _Optional[_Union[_instance_pb2.Instance, _Mapping]] = ...) -> None: ...

class StreamMcpEventsRequest(_message.Message):
    __slots__ = ("instance_id", "after_id", "options")
    INSTANCE_ID_FIELD_NUMBER: _ClassVar[int]
    AFTER_ID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    instance_id: str
    after_id: int
    options: _position_pb2.StreamOptions
    def __init__(self, instance_id: _Optional[str] = ..., after_id: _Optional[int] = ..., options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamMcpEventsResponse(_message.Message):
    __slots__ = ("position", "mcp_events", "last_id")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    MCP_EVENTS_FIELD_NUMBER: _ClassVar[int]
    LAST_ID_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    mcp_events: _containers.RepeatedCompositeFieldContainer[_mcp_event_pb2.McpEvent]
    last_id: int
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., mcp_events: _Optional[_Iterable[_Union[_mcp_event_pb2.McpEvent, _Mapping]]] = ..., last_id: _Optional[int] = ...) -> None: ...

class StreamRelationshipsRequest(_message.Message):
    __slots__ = ("instance_id", "options")
    INSTANCE_ID_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    instance_id: str
    options: _position_pb2.StreamOptions
    def __init__(self, instance_id: _Optional[str] = ..., options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamRelationshipsResponse(_message.Message):
    __slots__ = ("position", "relationships")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    RELATIONSHIPS_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    relationships: _containers.RepeatedCompositeFieldContainer[_relationship_pb2.Relationship]
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., relationships: _Optional[_Iterable[_Union[_relationship_pb2.Relationship, _Mapping]]] = ...) -> None: ...

class StreamGitHubIssuesRequest(_message.Message):
    __slots__ = ("repo_owner", "repo_name", "state", "options")
    REPO_OWNER_FIELD_NUMBER: _ClassVar[int]
    REPO_NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    repo_owner: str
    repo_name: str
    state: str
    options: _position_pb2.StreamOptions
    def __init__(self, repo_owner: _Optional[str] = ..., repo_name: _Optional[str] = ..., state: _Optional[str] = ..., options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamGitHubIssuesResponse(_message.Message):
    __slots__ = ("position", "github_issues")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    GITHUB_ISSUES_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    github_issues: _containers.RepeatedCompositeFieldContainer[_github_issue_pb2.GitHubIssue]
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., github_issues: _Optional[_Iterable[_Union[_github_issue_pb2.GitHubIssue, _Mapping]]] = ...) -> None: ...

class StreamConfigRequest(_message.Message):
    __slots__ = ("key", "options")
    KEY_FIELD_NUMBER: _ClassVar[int]
    OPTIONS_FIELD_NUMBER: _ClassVar[int]
    key: str
    options: _position_pb2.StreamOptions
    def __init__(self, key: _Optional[str] = ..., options: _Optional[_Union[_position_pb2.StreamOptions, _Mapping]] = ...) -> None: ...

class StreamConfigResponse(_message.Message):
    __slots__ = ("position", "config_entry")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    CONFIG_ENTRY_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.Position
    config_entry: _config_entry_pb2.ConfigEntry
    def __init__(self, position: _Optional[_Union[_position_pb2.Position, _Mapping]] = ..., config_entry: _Optional[_Union[_config_entry_pb2.ConfigEntry, _Mapping]] = ...) -> None: ...
