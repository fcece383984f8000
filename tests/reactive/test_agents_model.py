"""Each RPC of the agents against a model, over real gRPC, whatever is written in whatever order, streams included.

`machine` says what is promised, and `agents_model` what is right. HYPOTHESIS_PROFILE=thorough runs many more examples.
"""

import asyncio
import base64
from itertools import groupby
from operator import attrgetter
from typing import Any

import grpc
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.agents.v1.github_issue_pb2 import GitHubIssue
from millstream.agents.v1.instance_pb2 import InstanceType
from millstream_service.keys import Secret
from tests.agents.entities import (
    CLOSED,
    CREATED,
    FORK,
    MERGED,
    REVIEW,
    STARTED,
    TERMINATED,
    WAITING,
    event,
    instance,
    issue,
    relationship,
)
from tests.databases import KINDS, Kind, NewUrl
from tests.entities import at
from tests.reactive.agents_model import AgentsModel
from tests.reactive.machine import WatchingMachine, check_streams, masks, patient, settles, streams_of
from tests.reactive.tables import Outcome
from tests.reactive.tails import EventTail
from tests.reactive.watches import Subject, Watch
from tests.refusal import refusal_of

CODING, REVIEWER = InstanceType.INSTANCE_TYPE_CODING, InstanceType.INSTANCE_TYPE_REVIEW
REPOSITORY: dict[str, Any] = {"repo_owner": "octocat", "repo_name": "hello"}
VALUES = (
    Subject(pb.StreamInstancesRequest(), "instances", append=True),
    Subject(pb.StreamInstancesRequest(statuses=[STARTED, CREATED], order_by="last_activity", descending=True)),
    Subject(pb.StreamInstancesRequest(types=[CODING], order_by="terminated_at"), "instances", append=True),
    Subject(pb.StreamInstancesRequest(parent_instance="a"), "instances", append=True),
    Subject(pb.StreamInstancesRequest(issue_number=5, parent_instance="", limit=1)),
    Subject(pb.StreamInstanceRequest(id="a")),
    Subject(pb.StreamInstanceRequest(id="work-5-a1"), min_interval=0.02),
    Subject(pb.StreamRelationshipsRequest(), "relationships", append=True),
    Subject(pb.StreamRelationshipsRequest(instance_id="a"), "relationships", append=True),
    Subject(pb.StreamGitHubIssuesRequest(**REPOSITORY), "github_issues", append=True),
    Subject(pb.StreamGitHubIssuesRequest(**REPOSITORY, state="open"), "github_issues"),
    Subject(pb.StreamConfigRequest(key="branch")),
)
TAILS = (
    Subject(pb.StreamMcpEventsRequest()),
    Subject(pb.StreamMcpEventsRequest(after_id=2), min_interval=0.02),
    Subject(pb.StreamMcpEventsRequest(instance_id="a")),
    Subject(pb.StreamMcpEventsRequest(instance_id="work-5-a1", after_id=1)),
)
"""Each of the 6 streams, some of them more than once."""

instances = st.sampled_from(["a", "a", "work-5-a1", "b", "c"])
no_instance = st.sampled_from(["", "", "a", "b", "c"])
times = st.integers(0, 4).map(at)
types = st.sampled_from([CODING, REVIEWER])
statuses = st.sampled_from([STARTED, WAITING, CREATED, MERGED, CLOSED, TERMINATED, TERMINATED])
issues = st.builds(
    issue,
    number=st.integers(1, 3),
    repo_name=st.sampled_from(["hello", "hello", "world"]),
    title=st.sampled_from(["x", "y"]),
    state=st.sampled_from(["", "open", "closed"]),
    labels=st.sampled_from([[], ["bug", "p1"]]),
    updated_at=times,
)
settings = st.sampled_from(["branch", "token"])
pages = st.integers(1, 3)


class AgentsMachine(WatchingMachine):
    """Writes to what agents are about, and reads of it."""

    configured = {"secret": Secret(base64.b64encode(bytes(range(32))).decode(), "a test")}  # noqa: RUF012 - as declared

    def __init__(self, url: str) -> None:
        values = [Watch(subject) for subject in VALUES]
        super().__init__(url, AgentsModel(), [*values, *(EventTail(subject) for subject in TAILS)])

    async def call(self, rpc: str, request: Any) -> tuple[Any, int | None]:
        answer, revision = await super().call(rpc, request)
        if rpc != "SyncGitHubIssues":
            return answer, revision
        stored = [await self.agents.GetGitHubIssue(_key_of(one)) for one in request.github_issues]
        return [one.github_issue for one in stored], revision

    def outcome(self, rpc: str, request: Any, answer: Any | None) -> Outcome:
        nothing = getattr(pb, f"{rpc}Response")()
        outcome: Outcome = getattr(self.model, rpc)(request, nothing if answer is None else answer)
        return outcome

    @initialize()
    def begin(self) -> None:
        """Enough to begin with, so that most writes find what they are about."""
        self.begin_watching()
        for key, parent in (("a", ""), ("", "a"), ("b", "")):
            one = instance(key, type=CODING, status=STARTED, parent_instance_id=parent, issue_number=0 if key else 5)
            self.write("CreateInstance", pb.CreateInstanceRequest(instance=one))
        for key in ("a", "work-5-a1", "a"):
            self.write("LogMcpEvent", pb.LogMcpEventRequest(mcp_event=event(key, timestamp=at(1))))
        both = relationship("a", "work-5-a1", created_at=at(0))
        self.write("CreateRelationship", pb.CreateRelationshipRequest(relationship=both))

    # Rules: one for each way to write.

    @rule(
        key=st.one_of(instances, st.just("")),
        kind=types,
        status=statuses,
        number=st.sampled_from([0, 0, 1, 4]),
        of=st.sampled_from([0, 5]),
        parent=no_instance,
        time=times,
        settle=settles,
    )
    def create_instance(
        self, key: str, kind: Any, status: Any, number: int, of: int, parent: str, time: Any, settle: bool
    ) -> None:
        end = at(9) if status == TERMINATED else None
        one = instance(
            key, type=kind, status=status, agent_number=number, issue_number=of, parent_instance_id=parent,
            created_at=time, terminated_at=end,
        )  # fmt: skip
        self.write("CreateInstance", pb.CreateInstanceRequest(instance=one), settle=settle)

    @rule(
        key=instances,
        kind=types,
        text=st.sampled_from(["", "x"]),
        parent=no_instance,
        mask=masks("type", "branch_name", "parent_instance_id"),
        settle=settles,
    )
    def update_instance(self, key: str, kind: Any, text: str, parent: str, mask: Any, settle: bool) -> None:
        one = instance(key, type=kind, branch_name=text, pr_url=text, parent_instance_id=parent)
        self.write("UpdateInstance", pb.UpdateInstanceRequest(instance=one, update_mask=mask), settle=settle)

    @rule(key=instances, status=statuses, settle=settles)
    def update_instance_status(self, key: str, status: Any, settle: bool) -> None:
        self.write("UpdateInstanceStatus", pb.UpdateInstanceStatusRequest(id=key, status=status), settle=settle)

    @rule(key=instances, settle=settles)
    def delete_instance(self, key: str, settle: bool) -> None:
        self.write("DeleteInstance", pb.DeleteInstanceRequest(id=key), settle=settle)

    @rule(key=instances, time=times, success=st.booleans(), settle=settles)
    def log_mcp_event(self, key: str, time: Any, success: bool, settle: bool) -> None:
        one = event(key, timestamp=time, success=success, metadata=None if success else {"code": 1})
        self.write("LogMcpEvent", pb.LogMcpEventRequest(mcp_event=one), settle=settle)

    @rule(keys=st.lists(instances, min_size=2, max_size=8))
    def log_events_at_once(self, keys: list[str]) -> None:
        """Events that are under way together are committed together, in some order, and have one revision."""
        self.run(self._log_all([event(key, timestamp=at(2)) for key in keys if key in self.model.instances]))
        self.run(self.settle())

    async def _log_all(self, events: list[Any]) -> None:
        calls = [self.agents.LogMcpEvent(pb.LogMcpEventRequest(mcp_event=one)) for one in events]
        answers = sorted(await asyncio.gather(*calls), key=lambda answer: answer.mcp_event.id)
        for revision, group in groupby(answers, attrgetter("revision")):
            for answer in group:
                self.model.LogMcpEvent(pb.LogMcpEventRequest(mcp_event=answer.mcp_event), answer)
            self.note(revision)

    @rule(
        parent=instances,
        child=instances,
        kind=st.sampled_from([REVIEW, REVIEW, FORK]),
        number=st.sampled_from([0, 0, 2, 4]),
        settle=settles,
    )
    def create_relationship(self, parent: str, child: str, kind: Any, number: int, settle: bool) -> None:
        one = relationship(parent, child, type=kind, review_iteration=number, created_at=at(0))
        self.write("CreateRelationship", pb.CreateRelationshipRequest(relationship=one), settle=settle)

    @rule(key=st.integers(1, 4), number=st.integers(0, 4), mask=masks("review_iteration", "metadata"), settle=settles)
    def update_relationship(self, key: int, number: int, mask: Any, settle: bool) -> None:
        one = relationship(id=key, review_iteration=number, metadata={"number": number})
        request = pb.UpdateRelationshipRequest(relationship=one, update_mask=mask)
        self.write("UpdateRelationship", request, settle=settle)

    @rule(one=issues, settle=settles)
    def upsert_github_issue(self, one: GitHubIssue, settle: bool) -> None:
        self.write("UpsertGitHubIssue", pb.UpsertGitHubIssueRequest(github_issue=one), settle=settle)

    @rule(some=st.lists(issues, max_size=4), settle=settles)
    def sync_github_issues(self, some: list[GitHubIssue], settle: bool) -> None:
        self.write("SyncGitHubIssues", pb.SyncGitHubIssuesRequest(github_issues=some), settle=settle)

    @rule(key=settings, value=st.sampled_from(["", "x"]), encrypted=st.booleans(), settle=settles)
    def set_config(self, key: str, value: str, encrypted: bool, settle: bool) -> None:
        self.write("SetConfig", pb.SetConfigRequest(key=key, value=value, encrypted=encrypted), settle=settle)

    @rule(key=settings, settle=settles)
    def delete_config(self, key: str, settle: bool) -> None:
        self.write("DeleteConfig", pb.DeleteConfigRequest(key=key), settle=settle)

    # Rules: reads, which find what is stored now.

    @rule(key=instances)
    def get_instance(self, key: str) -> None:
        self.read("GetInstance", pb.GetInstanceRequest(id=key))

    @rule(
        order=st.sampled_from(["", "created_at", "last_activity", "terminated_at"]),
        descending=st.booleans(),
        kinds=st.lists(types, max_size=2, unique=True),
        some=st.lists(statuses, max_size=2),
        others=st.sampled_from([{}, {"issue_number": 5}, {"parent_instance": "a"}, {"parent_instance": ""}]),
        size=pages,
    )
    def list_instances(
        self, order: str, descending: bool, kinds: list[Any], some: list[Any], others: dict[str, Any], size: int
    ) -> None:
        request = pb.ListInstancesRequest(
            order_by=order, descending=descending, types=kinds, statuses=some, page_size=size, **others
        )
        self.read("ListInstances", request)

    @rule(key=instances, since=times, size=pages)
    def list_what_there_is(self, key: str, since: Any, size: int) -> None:
        self.read("ListMcpEvents", pb.ListMcpEventsRequest(instance_id=key, limit=size))
        self.read("ListRecentMcpEvents", pb.ListRecentMcpEventsRequest(since=since, limit=size))
        self.read("ListRelationships", pb.ListRelationshipsRequest(instance_id=key, page_size=size))

    @rule(number=st.integers(1, 3), key=settings)
    def get_issue_and_setting(self, number: int, key: str) -> None:
        self.read("GetGitHubIssue", pb.GetGitHubIssueRequest(**REPOSITORY, number=number))
        self.read("GetConfig", pb.GetConfigRequest(key=key))

    def read(self, rpc: str, request: Any) -> None:
        assert self.run(self._read(rpc, request)) == getattr(self.model, rpc)(request)

    async def _read(self, rpc: str, request: Any) -> Any:
        """Return the answer, all pages of it in one; or why there is none."""
        whole = getattr(pb, f"{rpc}Response")()
        while True:
            try:
                page = await getattr(self.agents, rpc)(request)
            except grpc.aio.AioRpcError as error:
                return refusal_of(error).reason
            whole.MergeFrom(page)
            if not getattr(page, "next_page_token", ""):
                break
            request.page_token = page.next_page_token
        if hasattr(whole, "next_page_token"):
            whole.next_page_token = ""
        return whole


def _key_of(one: GitHubIssue) -> pb.GetGitHubIssueRequest:
    return pb.GetGitHubIssueRequest(repo_owner=one.repo_owner, repo_name=one.repo_name, number=one.number)


@patient
@pytest.mark.parametrize("database_kind", KINDS, indirect=True)
def test_agents_are_as_the_model_says(database_kind: Kind, new_url: NewUrl) -> None:
    check_streams(AgentsMachine, database_kind, new_url)


def test_every_stream_is_watched() -> None:
    streams = streams_of(pb.DESCRIPTOR.services_by_name["AgentService"])
    assert {subject.rpc for subject in (*VALUES, *TAILS)} == streams
    assert len(streams) == 6
