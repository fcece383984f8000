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
from millstream.agents.v1.instance_pb2 import Instance, InstanceType
from millstream_service.security.keys import Secret
from millstream_service.store.entities import purge
from tests.databases import KINDS, Kind, NewUrl
from tests.entities import at
from tests.handlers.agents.entities import (
    ALLOWED,
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
from tests.reactive.agents_model import AgentsModel, Synced
from tests.reactive.machine import (
    SENTINEL,
    WatchingMachine,
    check_streams,
    masks,
    patient,
    settles,
    streams_of,
    watched,
)
from tests.reactive.tables import Outcome
from tests.reactive.tails import EventTail
from tests.reactive.watches import Subject, Watch
from tests.refusal import refusal_of

pytestmark = pytest.mark.slow(10)

CODING, REVIEWER = InstanceType.INSTANCE_TYPE_CODING, InstanceType.INSTANCE_TYPE_REVIEW
STATUSES = (STARTED, WAITING, CREATED, MERGED, CLOSED, TERMINATED)
SETTINGS = ("branch", "token")
NUMBERS = (1, 2, 3)
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
    Subject(pb.StreamRelationshipsRequest(instance_id="b"), "relationships", append=True),
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

KEYS = ("a", "work-5-a1", "b", "c")
instances = st.sampled_from(["a", *KEYS])
no_instance = st.sampled_from(["", *KEYS])
times = st.integers(0, 4).map(at)
types = st.sampled_from([CODING, REVIEWER])
statuses = st.sampled_from(STATUSES)
rounds = st.sampled_from([0, 0, 1, 4])
texts = st.sampled_from(["", "x"])
pages = st.integers(1, 3)
settings = st.sampled_from([SETTINGS[0], *SETTINGS])


def _requests(rpc: str, **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.builds(getattr(pb, f"{rpc}Request"), **fields)


def _ended(one: Instance) -> Instance:
    if one.status == TERMINATED:
        one.terminated_at.CopyFrom(at(9))
    return one


new_instances = st.builds(
    instance,
    st.one_of(instances, st.just("")),
    type=types,
    status=statuses,
    agent_number=rounds,
    issue_number=st.sampled_from([0, 5]),
    parent_instance_id=no_instance,
    created_at=times,
).map(_ended)
changed_instances = st.builds(
    instance, instances, type=types, branch_name=texts, pr_url=texts, parent_instance_id=no_instance
)
failures = st.sampled_from([None, {"code": 1}])
events = st.builds(event, instances, timestamp=times, success=st.booleans(), metadata=failures)
batches = st.lists(st.builds(event, st.just(""), timestamp=times, success=st.booleans()), max_size=4)
new_relationships = st.builds(
    relationship,
    st.sampled_from(["a", "a", "b", "c", "c"]),
    instances,
    type=st.sampled_from([REVIEW, REVIEW, FORK]),
    review_iteration=st.sampled_from([0, 0, 0, 4]),
    created_at=st.just(at(0)),
)
changed_relationships = st.builds(
    relationship, id=st.sampled_from([1, 1, 2, 3]), review_iteration=st.sampled_from([1, 1, 2, 0, 4]), metadata=failures
)
issues = st.builds(
    issue,
    number=st.sampled_from(NUMBERS),
    repo_name=st.sampled_from(["hello", "hello", "world"]),
    title=st.sampled_from(["x", "y"]),
    state=st.sampled_from(["", "open", "closed"]),
    labels=st.sampled_from([[], ["bug", "p1"]]),
    updated_at=times,
)
of_instances = st.one_of(
    _requests("CreateInstance", instance=new_instances),
    _requests(
        "UpdateInstance",
        instance=changed_instances,
        update_mask=masks("type", "branch_name", "parent_instance_id"),
    ),
    _requests("UpdateInstanceStatus", id=instances, status=statuses),
    _requests("LogMcpEvent", mcp_event=events),
    _requests(
        "AppendMcpEvents",
        instance_id=instances,
        writer_id=st.sampled_from("vw"),
        first_entry=st.sampled_from([1, 1, 2, 3, 4]),
        events=batches,
    ),
)
of_relationships = st.one_of(
    _requests("CreateRelationship", relationship=new_relationships),
    _requests(
        "UpdateRelationship",
        relationship=changed_relationships,
        update_mask=masks("review_iteration", "metadata"),
    ),
)
of_others = st.one_of(
    _requests("DeleteInstance", id=instances),
    _requests("UpsertGitHubIssue", github_issue=issues),
    _requests("SyncGitHubIssues", github_issues=st.lists(issues, max_size=4)),
    _requests(
        "SetConfig",
        key=settings,
        value=st.sampled_from(["x", "x", ""]),
        encrypted=st.booleans(),
        allow_plaintext=st.booleans(),
    ),
    _requests("DeleteConfig", key=settings),
)
writes = st.one_of(of_instances, of_relationships, of_others)
"""Each request to write. Hypothesis leaves out some rules in each example: with a rule for each kind of request, most
kinds would hardly come in the few examples of a quick run."""
FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"types": [CODING]},
    {"statuses": [STARTED, TERMINATED]},
    {"types": [CODING], "statuses": [STARTED, CREATED]},
    {"issue_number": 5, "types": [REVIEWER]},
    {"parent_instance": "a", "statuses": [STARTED, WAITING]},
    {"parent_instance": ""},
)


class AgentsMachine(WatchingMachine):
    """Writes to what agents are about, and reads of it."""

    configured = {  # noqa: RUF012 - as declared
        "secret": Secret(base64.b64encode(bytes(range(32))).decode(), "a test"),
        "secrets_over_tcp": True,
    }

    def __init__(self, url: str) -> None:
        values = [Watch(subject) for subject in VALUES]
        super().__init__(url, AgentsModel(), [*values, *(EventTail(subject) for subject in TAILS)])

    async def call(self, rpc: str, request: Any) -> tuple[Any, int | None]:
        if rpc == "AppendMcpEvents":
            [appended] = [answer async for answer in self.agents.AppendMcpEvents(iter([request]))]
            return appended, None
        answer, revision = await super().call(rpc, request)
        if rpc != "SyncGitHubIssues":
            return answer, revision
        stored = [await self.agents.GetGitHubIssue(_key_of(one)) for one in request.github_issues]
        return Synced(answer, [one.github_issue for one in stored]), revision

    def outcome(self, rpc: str, request: Any, answer: Any | None) -> Outcome:
        nothing = getattr(pb, f"{rpc}Response")()
        outcome: Outcome = getattr(self.model, rpc)(request, nothing if answer is None else answer)
        if answer is not None and not isinstance(outcome, str):
            self._check_answer(answer)
        return outcome

    def _check_answer(self, answer: Any) -> None:
        """A write answers with what is stored then."""
        if isinstance(answer, pb.AppendMcpEventsResponse):
            return  # the model has checked it
        if isinstance(answer, Synced):
            counts = self.model.synced
            assert all(getattr(answer.answer, name) == counts[name] for name in ("created", "updated", "unchanged"))
            return
        for field, value in answer.ListFields():
            assert field.name == "revision" or value == self.model.stored(field.name, value)

    async def settle(self) -> None:
        await super().settle()
        self.model.settings[SENTINEL] = self.barrier.stored

    @initialize()
    def begin(self) -> None:
        """Enough to begin with, so that most writes find what they are about."""
        self.begin_watching()
        for key, parent, status in (("a", "", STARTED), ("", "a", MERGED), ("b", "", CREATED), ("c", "", CLOSED)):
            one = instance(
                key, type=CODING, status=status, parent_instance_id=parent, issue_number=0 if key == "a" else 5
            )
            self.write("CreateInstance", pb.CreateInstanceRequest(instance=one), settle=False)
        self.run(self.settle())
        self.run(self._reopen(self.closed, resume=False))  # a tail of one instance ended where that was not there
        for key in ("a", "work-5-a1", "a"):
            self.write("LogMcpEvent", pb.LogMcpEventRequest(mcp_event=event(key, timestamp=at(1))))
        for parent, child, kind, number in (("a", "work-5-a1", REVIEW, 0), ("b", "c", REVIEW, 0), ("a", "b", FORK, 4)):
            both = relationship(parent, child, type=kind, review_iteration=number, created_at=at(0))
            self.write("CreateRelationship", pb.CreateRelationshipRequest(relationship=both))

    # Rules: writes, seen one by one or conflated.

    @rule(request=writes)
    def write_one(self, request: Any) -> None:
        self._write_all([request], settle=True)

    @rule(requests=st.lists(writes, min_size=2, max_size=5), settle=settles)
    def write_some(self, requests: list[Any], settle: bool) -> None:
        self._write_all(requests, settle=settle)

    @rule(requests=st.lists(of_instances, min_size=2, max_size=5), settle=settles)
    def write_instances(self, requests: list[Any], settle: bool) -> None:
        self._write_all(requests, settle=settle)

    @rule(requests=st.lists(of_relationships, min_size=1, max_size=4), settle=settles)
    def write_relationships(self, requests: list[Any], settle: bool) -> None:
        self._write_all(requests, settle=settle)

    def _write_all(self, requests: list[Any], *, settle: bool) -> None:
        for request in requests:
            self.write(request.DESCRIPTOR.name.removesuffix("Request"), request, settle=False)
        if settle:
            self.run(self.settle())

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

    @rule(number=watched, requests=st.lists(st.one_of(of_instances, writes), min_size=1, max_size=3))
    def write_to_some_who_are_away(self, number: int, requests: list[Any]) -> None:
        self.disconnect(number)
        self._write_all(requests, settle=False)
        self.reconnect_all(resume=True)

    @rule(key=instances, walk=st.lists(watched, min_size=1, max_size=3), settle=settles)
    def change_status(self, key: str, walk: list[int], settle: bool) -> None:
        """Go on to statuses that may follow; at each, try those that may not, which changes nothing."""
        for number in walk if key in self.model.instances else ():
            before = self.model.instances[key].status
            may = [status for status in STATUSES if (before, status) in ALLOWED]
            may_not = [status for status in STATUSES if status not in may]
            tried = [*may_not, *([may[number % len(may)]] if may else [])]
            requests = [pb.UpdateInstanceStatusRequest(id=key, status=status) for status in tried]
            self._write_all(requests, settle=settle)

    # Rules: reads, which find what is stored now.

    @rule(
        order=st.sampled_from(["", "created_at", "last_activity", "terminated_at"]),
        descending=st.booleans(),
        size=pages,
        number=watched,
    )
    def list_instances(self, order: str, descending: bool, size: int, number: int) -> None:
        for wanted in FILTERS[number % 3 :: 3]:
            request = pb.ListInstancesRequest(order_by=order, descending=descending, page_size=size, **wanted)
            self.read("ListInstances", request)

    @rule(key=instances, number=st.sampled_from(NUMBERS), setting=settings, since=times, size=pages)
    def read_some(self, key: str, number: int, setting: str, since: Any, size: int) -> None:
        self._read_of_instance(key, size)
        self.read("ListRecentMcpEvents", pb.ListRecentMcpEventsRequest(since=since, limit=size))
        self.read("GetGitHubIssue", pb.GetGitHubIssueRequest(**REPOSITORY, number=number))
        self.read("GetConfig", pb.GetConfigRequest(key=setting))
        self.read("ListConfig", pb.ListConfigRequest(page_size=size))

    def _read_of_instance(self, key: str, size: int) -> None:
        self.read("GetInstance", pb.GetInstanceRequest(id=key))
        self.read("ListMcpEvents", pb.ListMcpEventsRequest(instance_id=key, limit=size))
        self.read("ListRelationships", pb.ListRelationshipsRequest(instance_id=key, page_size=size))

    def teardown(self) -> None:
        try:
            if not self.failed:
                self.read("ListRecentMcpEvents", pb.ListRecentMcpEventsRequest(since=at(0), limit=5))
                for wanted in FILTERS:
                    self.read("ListInstances", pb.ListInstancesRequest(**wanted))
                for key in KEYS:
                    self._read_of_instance(key, 3)
        finally:
            super().teardown()

    def read(self, rpc: str, request: Any) -> None:
        self.run(self._check_read(rpc, request))

    async def _check_read(self, rpc: str, request: Any) -> None:
        expected = getattr(self.model, rpc)(request)
        assert await self._read(rpc, request) == expected

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
def test_agents_are_as_the_model_says(database_kind: Kind, new_url: NewUrl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purge, "MAX_ROWS", 2)  # what is deleted is seldom taken away at once
    check_streams(AgentsMachine, database_kind, new_url)


def test_every_stream_is_watched() -> None:
    streams = streams_of(pb.DESCRIPTOR.services_by_name["AgentService"])
    assert {subject.rpc for subject in (*VALUES, *TAILS)} == streams
    assert len(streams) == 6
