"""What the store of agents should hold: dictionaries, and the promises of the contract in the plainest words.

A write returns its outcome. It is given the service's answer, too, for what nobody else can know: the times by the
service's clock. A read returns what the RPC of its name should answer, all pages of it, without position and tokens.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.agents.v1.config_entry_pb2 import ConfigEntry
from millstream.agents.v1.github_issue_pb2 import GitHubIssue
from millstream.agents.v1.instance_pb2 import Instance
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.agents.v1.relationship_pb2 import Relationship
from tests.handlers.agents.entities import ALLOWED, REVIEW, TERMINATED
from tests.reactive.tables import Outcome, added, changed, copied, sets

FIXED_OF_INSTANCE = {
    "id", "status", "issue_number", "created_at", "terminated_at", "last_activity", "agent_number",
}  # fmt: skip
MAX_ROUNDS = 3
NEVER = 2**63


@dataclass(frozen=True)
class Synced:
    """The answer of SyncGitHubIssues, and what is stored of its issues after all of them."""

    answer: pb.SyncGitHubIssuesResponse
    stored: Iterable[GitHubIssue]


class AgentsModel:
    """Everything that is stored. `logged` has every event that there ever was, since tails may have sent it."""

    def __init__(self) -> None:
        self.instances: dict[str, Instance] = {}
        self.events: dict[int, McpEvent] = {}
        self.logged: dict[int, McpEvent] = {}
        self.writers: dict[tuple[str, str], int] = {}
        self.relationships: dict[int, Relationship] = {}
        self.last_relationship = 0
        self.issues: dict[tuple[str, int], GitHubIssue] = {}
        self.settings: dict[str, ConfigEntry] = {}
        self.synced: Counter[str] = Counter()

    def stored(self, name: str, answer: Any) -> Message | None:
        """Return what is stored of an entity that a write answers with, in the field of this name."""
        match name:
            case "instance":
                return self.instances.get(answer.id)
            case "mcp_event":
                return self.events.get(answer.id)
            case "relationship":
                return self.relationships.get(answer.id)
            case "github_issue":
                return self.issues.get(_key(answer))
        assert name == "config_entry"
        return _shown(self.settings[answer.key])

    # Writes

    def CreateInstance(self, request: pb.CreateInstanceRequest, _answer: pb.CreateInstanceResponse) -> Outcome:
        new = copied(request.instance)
        if new.parent_instance_id and new.parent_instance_id not in self.instances:
            return "PARENT_INSTANCE_NOT_FOUND"
        numbers = [one.agent_number for one in self.instances.values() if one.issue_number == new.issue_number]
        if new.agent_number in numbers:
            return "INSTANCE_EXISTS"
        new.agent_number = new.agent_number or max(numbers, default=0) + 1
        new.id = new.id or f"work-{new.issue_number}-a{new.agent_number}".replace("work-0-", "work-")
        new.last_activity.CopyFrom(new.created_at)
        return added(self.instances, new.id, new) or "INSTANCE_EXISTS"

    def UpdateInstance(self, request: pb.UpdateInstanceRequest, _answer: pb.UpdateInstanceResponse) -> Outcome:
        new, paths = request.instance, request.update_mask.paths
        old, parent = self.instances.get(new.id), new.parent_instance_id
        if old is None:
            return "INSTANCE_NOT_FOUND"
        if parent and sets("parent_instance_id", paths):
            if parent not in self.instances:
                return "PARENT_INSTANCE_NOT_FOUND"
            if new.id in self._line(parent, lambda key: [self.instances[key].parent_instance_id]):
                return "VALIDATION_FAILED"
        return changed(old, new, paths, FIXED_OF_INSTANCE)

    def _line(self, key: str, above: Callable[[str], Iterable[str]]) -> set[str]:
        """Return an instance and all those that it descends from."""
        line: set[str] = set()
        left = [key]
        while left:
            one = left.pop()
            if one and one not in line:
                line.add(one)
                left.extend(above(one))
        return line

    def UpdateInstanceStatus(
        self, request: pb.UpdateInstanceStatusRequest, answer: pb.UpdateInstanceStatusResponse
    ) -> Outcome:
        one = self.instances.get(request.id)
        if one is None:
            return "INSTANCE_NOT_FOUND"
        if (one.status, request.status) not in ALLOWED:
            return "INVALID_STATUS_TRANSITION"
        now = answer.mcp_event.timestamp
        one.status = request.status
        one.last_activity.CopyFrom(max(now, one.last_activity, key=_nanoseconds))
        if request.status == TERMINATED:
            one.terminated_at.CopyFrom(now)
        event = McpEvent(instance_id=one.id, success=True, status_change=request.status, is_status_updating=True)
        self._log(event, now)
        return True

    def _log(self, event: McpEvent, time: Any) -> None:
        number = len(self.logged) + 1
        self.events[number] = self.logged[number] = copied(event)
        self.logged[number].id = number
        self.logged[number].timestamp.CopyFrom(time)

    def DeleteInstance(self, request: pb.DeleteInstanceRequest, _answer: pb.DeleteInstanceResponse) -> Outcome:
        if self.instances.pop(request.id, None) is None:
            return "INSTANCE_NOT_FOUND"
        for one in self.instances.values():
            if one.parent_instance_id == request.id:
                one.parent_instance_id = ""
        self.events = {number: one for number, one in self.events.items() if one.instance_id != request.id}
        self.writers = {place: count for place, count in self.writers.items() if place[0] != request.id}
        stay = {number: one for number, one in self.relationships.items() if not _concerns(one, request.id)}
        self.relationships = stay
        return True

    def LogMcpEvent(self, request: pb.LogMcpEventRequest, _answer: pb.LogMcpEventResponse) -> Outcome:
        one = self.instances.get(request.mcp_event.instance_id)
        if one is None:
            return "INSTANCE_NOT_FOUND"
        one.last_activity.CopyFrom(max(request.mcp_event.timestamp, one.last_activity, key=_nanoseconds))
        self._log(request.mcp_event, request.mcp_event.timestamp)
        return True

    def AppendMcpEvents(self, request: pb.AppendMcpEventsRequest, answer: pb.AppendMcpEventsResponse) -> Outcome:
        one = self.instances.get(request.instance_id)
        if one is None:
            return "INSTANCE_NOT_FOUND"
        place = (request.instance_id, request.writer_id)
        seen = self.writers.get(place, 0)
        if request.first_entry > seen + 1:
            return "ENTRY_GAP"
        fresh = request.events[seen + 1 - request.first_entry :]
        for event in fresh:
            event.instance_id = request.instance_id
            self.LogMcpEvent(pb.LogMcpEventRequest(mcp_event=event), pb.LogMcpEventResponse())
        self.writers[place] = seen + len(fresh)
        mine = (number for number, event in self.events.items() if event.instance_id == request.instance_id)
        assert (answer.durable_entry, answer.last_id) == (seen + len(fresh), max(mine, default=0))
        return bool(fresh)

    def CreateRelationship(
        self, request: pb.CreateRelationshipRequest, _answer: pb.CreateRelationshipResponse
    ) -> Outcome:
        new = copied(request.relationship)
        if new.parent_instance not in self.instances:
            return "PARENT_INSTANCE_NOT_FOUND"
        if new.child_instance not in self.instances:
            return "CHILD_INSTANCE_NOT_FOUND"
        if new.child_instance in self._line(new.parent_instance, self._parents):
            return "VALIDATION_FAILED"
        if any(_ends(one) == _ends(new) for one in self.relationships.values()):
            return "RELATIONSHIP_EXISTS"
        if new.type == REVIEW:
            new.review_iteration = new.review_iteration or self._last_round(new.parent_instance) + 1
            if new.review_iteration > MAX_ROUNDS:
                return "REVIEW_LIMIT_REACHED"
        self.last_relationship = new.id = self.last_relationship + 1
        self.relationships[new.id] = new
        return True

    def _parents(self, key: str) -> list[str]:
        return [one.parent_instance for one in self.relationships.values() if one.child_instance == key]

    def _last_round(self, parent: str) -> int:
        reviews = [one for one in self.relationships.values() if (one.parent_instance, one.type) == (parent, REVIEW)]
        return max((one.review_iteration for one in reviews), default=0)

    def UpdateRelationship(
        self, request: pb.UpdateRelationshipRequest, _answer: pb.UpdateRelationshipResponse
    ) -> Outcome:
        new, paths = request.relationship, request.update_mask.paths
        old = self.relationships.get(new.id)
        if old is None:
            return "RELATIONSHIP_NOT_FOUND"
        if old.type == REVIEW and sets("review_iteration", paths):
            if new.review_iteration < 1:
                return "VALIDATION_FAILED"
            if new.review_iteration > MAX_ROUNDS:
                return "REVIEW_LIMIT_REACHED"
        return changed(old, new, paths, set(Relationship.DESCRIPTOR.fields_by_name) - {"review_iteration", "metadata"})

    def UpsertGitHubIssue(self, request: pb.UpsertGitHubIssueRequest, answer: pb.UpsertGitHubIssueResponse) -> Outcome:
        return self._store(request.github_issue, answer.github_issue)

    def SyncGitHubIssues(self, request: pb.SyncGitHubIssuesRequest, answer: Any) -> Outcome:
        """Take over the issues in their order, and count in `synced` what that did."""
        found = {_key(one): one for one in answer.stored}
        self.synced = Counter()
        for one in request.github_issues:
            known = _key(one) in self.issues
            changes = self._store(one, found[_key(one)])
            self.synced["unchanged" if not changes else "updated" if known else "created"] += 1
        return len(request.github_issues) > self.synced["unchanged"]

    def _store(self, issue: GitHubIssue, stored: GitHubIssue) -> bool:
        new, old = copied(issue), self.issues.get(_key(issue))
        new.state = new.state or "open"
        new.created_at.CopyFrom(new.updated_at)
        if old is not None:
            new.synced_at.CopyFrom(old.synced_at)
            if _nanoseconds(old.updated_at) > _nanoseconds(new.updated_at) or old == new:
                return False
        new.synced_at.CopyFrom(stored.synced_at)
        self.issues[_key(issue)] = new
        return True

    def SetConfig(self, request: pb.SetConfigRequest, answer: pb.SetConfigResponse) -> Outcome:
        old, now = self.settings.get(request.key), answer.config_entry.updated_at
        if old is not None and old.encrypted and not (request.encrypted or request.allow_plaintext):
            return "VALIDATION_FAILED"
        entry = ConfigEntry(key=request.key, value=request.value, encrypted=request.encrypted, updated_at=now)
        self.settings[request.key] = entry
        return True

    def DeleteConfig(self, request: pb.DeleteConfigRequest, _answer: pb.DeleteConfigResponse) -> Outcome:
        return self.settings.pop(request.key, None) is not None or "CONFIG_NOT_FOUND"

    # Reads

    def GetInstance(self, request: pb.GetInstanceRequest) -> Message | str:
        found = self.instances.get(request.id)
        return "INSTANCE_NOT_FOUND" if found is None else pb.GetInstanceResponse(instance=found)

    def ListInstances(self, request: pb.ListInstancesRequest) -> Message:
        return pb.ListInstancesResponse(instances=self._listed(request))

    def _listed(self, request: Any) -> list[Instance]:
        """Return the instances that fit the filters of a request, in its order."""
        others = {
            name: getattr(request, field)
            for name, field in (("issue_number", "issue_number"), ("parent_instance_id", "parent_instance"))
            if request.HasField(field)
        }
        fitting = [
            one
            for one in self.instances.values()
            if (not request.types or one.type in request.types)
            and (not request.statuses or one.status in request.statuses)
            and all(getattr(one, name) == value for name, value in others.items())
        ]
        time = request.order_by or "created_at"

        def place(one: Instance) -> tuple[int, str]:
            return _nanoseconds(getattr(one, time)) if one.HasField(time) else NEVER, one.id

        return sorted(fitting, key=place, reverse=request.descending)

    def ListMcpEvents(self, request: pb.ListMcpEventsRequest) -> Message | str:
        if request.instance_id not in self.instances:
            return "INSTANCE_NOT_FOUND"
        mine = [one for one in self.events.values() if one.instance_id == request.instance_id]
        return pb.ListMcpEventsResponse(mcp_events=reversed(mine))

    def ListRecentMcpEvents(self, request: pb.ListRecentMcpEventsRequest) -> Message:
        since = _nanoseconds(request.since)
        recent = [one for one in self.events.values() if _nanoseconds(one.timestamp) >= since]
        recent.sort(key=lambda one: (_nanoseconds(one.timestamp), one.id), reverse=True)
        return pb.ListRecentMcpEventsResponse(mcp_events=recent)

    def ListRelationships(self, request: pb.ListRelationshipsRequest) -> Message:
        return pb.ListRelationshipsResponse(relationships=self._related(request.instance_id))

    def _related(self, instance_id: str | None) -> list[Relationship]:
        return [one for one in self.relationships.values() if instance_id is None or _concerns(one, instance_id)]

    def GetGitHubIssue(self, request: pb.GetGitHubIssueRequest) -> Message | str:
        found = self.issues.get(_key(request))
        return "GITHUB_ISSUE_NOT_FOUND" if found is None else pb.GetGitHubIssueResponse(github_issue=found)

    def GetConfig(self, request: pb.GetConfigRequest) -> Message | str:
        found = self.settings.get(request.key)
        return "CONFIG_NOT_FOUND" if found is None else pb.GetConfigResponse(config_entry=found)

    def ListConfig(self, _request: pb.ListConfigRequest) -> Message:
        entries = [_shown(self.settings[key]) for key in sorted(self.settings)]
        return pb.ListConfigResponse(config_entries=entries)

    # Streams

    def StreamInstances(self, request: pb.StreamInstancesRequest) -> Message:
        return pb.StreamInstancesResponse(instances=self._listed(request)[: request.limit or None])

    def StreamInstance(self, request: pb.StreamInstanceRequest) -> Message:
        return pb.StreamInstanceResponse(instance=self.instances.get(request.id))

    def StreamRelationships(self, request: pb.StreamRelationshipsRequest) -> Message:
        instance_id = request.instance_id if request.HasField("instance_id") else None
        return pb.StreamRelationshipsResponse(relationships=self._related(instance_id))

    def StreamGitHubIssues(self, request: pb.StreamGitHubIssuesRequest) -> Message:
        repository = (request.repo_owner, request.repo_name)
        mine = [one for one in self.issues.values() if (one.repo_owner, one.repo_name) == repository]
        wanted = [one for one in mine if request.state in ("", one.state)]
        return pb.StreamGitHubIssuesResponse(github_issues=sorted(wanted, key=_key))

    def StreamConfig(self, request: pb.StreamConfigRequest) -> Message:
        entry = self.settings.get(request.key)
        return pb.StreamConfigResponse(config_entry=None if entry is None else _shown(entry))


def _shown(entry: ConfigEntry) -> ConfigEntry:
    """Return a setting as all but GetConfig show it."""
    shown = copied(entry)
    if entry.encrypted:
        shown.ClearField("value")
    return shown


def _nanoseconds(time: Any) -> int:
    return int(time.ToNanoseconds())


def _concerns(relationship: Relationship, instance_id: str) -> bool:
    return instance_id in (relationship.parent_instance, relationship.child_instance)


def _ends(relationship: Relationship) -> tuple[str, str, int]:
    return relationship.parent_instance, relationship.child_instance, relationship.type


def _key(issue: Any) -> tuple[str, int]:
    return f"{issue.repo_owner}/{issue.repo_name}", issue.number
