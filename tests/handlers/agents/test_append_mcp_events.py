"""AppendMcpEvents: what is answered is logged, once and in order, whatever a client repeats; as LogMcpEvent does it."""

import time
from typing import Any

import pytest

from millstream.agents.v1 import agent_service_pb2 as pb
from millstream.agents.v1.mcp_event_pb2 import McpEvent
from millstream.common.v1 import change_service_pb2 as feed_pb
from millstream.common.v1.change_service_pb2_grpc import ChangeServiceStub
from millstream_service.store.entities import purge
from tests.deadline import within
from tests.entities import at
from tests.handlers.agents.entities import WAITING, create, event, get, instance, log, next_of
from tests.recorder import Recorder
from tests.refusal import Refusal
from tests.stubs import Agents

Answers = list[tuple[int, int]]
KIB = 1 << 10


def batch(
    first: int, *names: str, instance_id: str = "a", writer_id: str = "writer", **fields: Any
) -> pb.AppendMcpEventsRequest:
    """Return a batch of calls of tools with these names."""
    events = [McpEvent(tool_name=name, **fields) for name in names]
    return pb.AppendMcpEventsRequest(instance_id=instance_id, writer_id=writer_id, first_entry=first, events=events)


async def send(agents: Agents, *batches: pb.AppendMcpEventsRequest) -> tuple[Answers, Refusal | None]:
    """Send batches in one call; return (durable_entry, last_id) of each answer, and what ended the call."""
    async with Recorder[pb.AppendMcpEventsResponse](agents.AppendMcpEvents(iter(batches))) as recorder:
        refusal = await recorder.end()
        return [(answer.durable_entry, answer.last_id) for answer in recorder.messages], refusal


async def logged(agents: Agents, instance_id: str = "a") -> list[McpEvent]:
    """Return what an instance did, first logged first."""
    found = await agents.ListMcpEvents(pb.ListMcpEventsRequest(instance_id=instance_id, limit=1_000))
    return list(found.mcp_events)[::-1]


async def names(agents: Agents, instance_id: str = "a") -> list[str]:
    return [one.tool_name for one in await logged(agents, instance_id)]


async def test_events_are_logged_as_sent_and_numbered(agents: Agents) -> None:
    await create(agents, instance("a"), instance("b"))
    whole = event(
        "a",
        id=99,
        success=False,
        error_message="✨ no such\nbranch",
        metadata={"file": "main.py", "lines": [1, 2]},
        git_commit_hash="0" * 40,
        status_change=WAITING,
        is_status_updating=True,
        timestamp=at(-5),
    )
    bare = McpEvent()
    before = time.time_ns()
    request = pb.AppendMcpEventsRequest(instance_id="a", writer_id="w", first_entry=1, events=[whole, bare])
    assert await send(agents, request) == ([(2, 2)], None)
    first, second = await logged(agents)
    whole.id = 1
    assert first == whole
    assert before <= second.timestamp.ToNanoseconds() <= time.time_ns()
    second.ClearField("timestamp")
    assert second == McpEvent(id=2, instance_id="a")
    assert (await log(agents, event("b"))).id == 3, "the next id follows"


async def test_last_activity_is_the_time_of_the_latest_event(agents: Agents) -> None:
    await create(agents, instance("a"))
    events = [event("a", timestamp=at(seconds)) for seconds in (1, 7, 3)]
    request = pb.AppendMcpEventsRequest(instance_id="a", writer_id="w", first_entry=1, events=events)
    await send(agents, request)
    assert (await get(agents, "a")).last_activity == at(7)
    await send(agents, batch(4, "late", timestamp=at(2), writer_id="w"))
    assert (await get(agents, "a")).last_activity == at(7)


async def test_what_was_sent_before_is_logged_once(agents: Agents) -> None:
    await create(agents, instance("a"))
    assert await send(agents, batch(1, "x", "y")) == ([(2, 2)], None)
    before = (await get(agents, "a")).last_activity
    assert await send(agents, batch(1, "x", "y"), batch(2, "y"), batch(1, "x")) == ([(2, 2)] * 3, None)
    assert (await names(agents), (await get(agents, "a")).last_activity) == (["x", "y"], before)


async def test_of_a_batch_that_overlaps_only_the_rest_is_logged(agents: Agents) -> None:
    await create(agents, instance("a"))
    batches = [batch(1, "a", "b"), batch(2, "b", "c", "d"), batch(1, "a", "b", "c", "d", "e"), batch(6, "f")]
    assert await send(agents, *batches) == ([(2, 2), (4, 4), (5, 5), (6, 6)], None)
    assert await names(agents) == list("abcdef")


async def test_a_repeat_counts_by_number_whatever_it_says(agents: Agents) -> None:
    await create(agents, instance("a"))
    assert await send(agents, batch(1, "a"), batch(1, "other", "b")) == ([(1, 1), (2, 2)], None)
    assert await names(agents) == ["a", "b"]


async def test_a_gap_is_refused_with_what_is_expected(agents: Agents) -> None:
    await create(agents, instance("a"))
    answers, refusal = await send(agents, batch(1, "a", "b"), batch(4, "d"))
    assert answers == [(2, 2)]
    assert refusal is not None
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "ENTRY_GAP")
    assert refusal.metadata == {
        "instance_id": "a",
        "writer_id": "writer",
        "expected_entry": "3",
        "first_entry": "4",
    }
    assert await names(agents) == ["a", "b"]


async def test_every_writer_has_a_count_of_its_own_for_each_instance(agents: Agents) -> None:
    await create(agents, instance("a"), instance("b"))
    batches = [
        batch(1, "one"),
        batch(1, "two", "three", writer_id="other"),
        batch(1, "elsewhere", instance_id="b"),
        batch(2, "four"),
    ]
    assert await send(agents, *batches) == ([(1, 1), (2, 3), (1, 4), (2, 5)], None)
    assert await names(agents) == ["one", "two", "three", "four"]
    assert await names(agents, "b") == ["elsewhere"]


async def test_instance_and_writer_are_those_of_the_batch_before(agents: Agents) -> None:
    await create(agents, instance("a"), instance("b"))
    batches = [
        batch(1, "x"),
        batch(2, "y", instance_id="", writer_id=""),
        batch(1, "z", instance_id="b", writer_id=""),
    ]
    assert await send(agents, *batches) == ([(1, 1), (2, 2), (1, 3)], None)
    assert (await names(agents), await names(agents, "b")) == (["x", "y"], ["z"])


async def test_an_empty_batch_asks_how_far_the_writer_is(agents: Agents) -> None:
    await create(agents, instance("a"), instance("b"))
    assert await send(agents, batch(1)) == ([(0, 0)], None)
    await send(agents, batch(1, "a", "b", "c"), batch(1, "other", writer_id="other"))
    await log(agents, event("b"))
    assert await send(agents, batch(1), batch(1, writer_id="other"), batch(1, writer_id="new")) == (
        [(3, 4), (1, 4), (0, 4)],
        None,
    )


async def test_an_answer_comes_before_the_next_batch_is_sent(agents: Agents) -> None:
    await create(agents, instance("a"))
    call: Any = agents.AppendMcpEvents()
    for number in range(1, 4):
        await within(call.write(batch(number, str(number))))
        answer = await within(call.read())
        assert (answer.durable_entry, answer.last_id) == (number, number)
        assert len(await logged(agents)) == number
    await call.done_writing()
    assert await within(call.code())


async def test_tails_see_what_is_appended(agents: Agents) -> None:
    await create(agents, instance("a"), instance("b"))
    everyone = agents.StreamMcpEvents(pb.StreamMcpEventsRequest())
    mine = agents.StreamMcpEvents(pb.StreamMcpEventsRequest(instance_id="a"))
    await send(agents, batch(1, *map(str, range(700))), batch(1, "other", instance_id="b"))
    for stream, wanted in ((mine, 700), (everyone, 701)):
        seen: list[int] = []
        while len(seen) < wanted:
            seen += [one.id for one in (await next_of(stream)).mcp_events]
        assert seen == list(range(1, wanted + 1))
        stream.cancel()


async def test_watchers_see_the_activity_of_their_instance(agents: Agents) -> None:
    await create(agents, instance("a"))
    stream = agents.StreamInstance(pb.StreamInstanceRequest(id="a"))
    await next_of(stream)
    await send(agents, batch(1, "x", timestamp=at(5)))
    assert (await next_of(stream)).instance.last_activity == at(5)
    stream.cancel()


async def test_the_feed_names_each_event(agents: Agents, channel: Any) -> None:
    await create(agents, instance("parent"), instance("a", parent_instance_id="parent"))
    await send(agents, batch(1, "x", "y"))
    call = ChangeServiceStub(channel).StreamChanges(feed_pb.StreamChangesRequest(after_revision=2))
    commit: Any = await next_of(call)
    changes = [(one.table, one.key, list(one.ancestors)) for one in commit.changes]
    assert changes == [("mcp_events", "1", ["a"]), ("mcp_events", "2", ["a"]), ("instances", "a", ["parent"])]
    call.cancel()


@pytest.mark.parametrize("rows_a_step", [200, 2])
async def test_an_instance_that_comes_again_begins_anew(
    agents: Agents, monkeypatch: pytest.MonkeyPatch, rows_a_step: int
) -> None:
    """Also where what was deleted is not taken away yet, and whether the id is given or made."""
    await create(agents, instance("work-7-a1", issue_number=7))
    await send(agents, batch(1, *"abcdef", instance_id="work-7-a1"))
    monkeypatch.setattr(purge, "MAX_ROWS", rows_a_step)
    for key in ("", "work-7-a1"):
        await agents.DeleteInstance(pb.DeleteInstanceRequest(id="work-7-a1"))
        await create(agents, instance(key, issue_number=7))
        answers, refusal = await send(
            agents, batch(1, instance_id="work-7-a1"), batch(1, "new", instance_id="work-7-a1")
        )
        assert ([durable for durable, _ in answers], refusal) == ([0, 1], None)
        assert answers[0][1] == 0, "no event of the instance before"
        assert await names(agents, "work-7-a1") == ["new"]
        assert (await send(agents, batch(2, *"bcdef", instance_id="work-7-a1")))[1] is None


async def test_the_largest_batch_is_taken(agents: Agents) -> None:
    await create(agents, instance("a"))
    assert await send(agents, batch(1, *["x"] * 1_000)) == ([(1_000, 1_000)], None)
    assert len(await logged(agents)) == 1_000


REFUSED = [
    pytest.param(
        batch(1, "a", instance_id="none"), ("NOT_FOUND", "INSTANCE_NOT_FOUND"), {"id": "none"}, (), id="no instance"
    ),
    pytest.param(
        batch(2, *["x"] * 1_001),
        ("RESOURCE_EXHAUSTED", "LIST_TOO_LARGE"),
        {"field": "events", "limit": "1000"},
        ("events",),
        id="1,001 events",
    ),
    pytest.param(
        batch(2, "x", "y", error_message="x" * (64 * KIB + 1)),
        ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE"),
        {"field": "events[0].error_message", "limit": str(64 * KIB), "size": str(64 * KIB + 1)},
        ("events[0].error_message",),
        id="long error",
    ),
]
OTHER: Any = [{}, {"instance_id": "b"}]
NAN: Any = [{}, {"metadata": {"x": [float("nan")]}}]
UNKNOWN: Any = [{}, {"status_change": 99}]
TIMELESS: Any = [{}, {"timestamp": {"nanos": -1}}]
INVALID = [
    pytest.param(batch(0, "a"), "first_entry", id="entry 0"),
    pytest.param(batch(-1, "a"), "first_entry", id="entry -1"),
    pytest.param(batch(10**18 + 1, "a"), "first_entry", id="entry over 10^18"),
    pytest.param(batch(2, "a", writer_id="w" * 256), "writer_id", id="long writer"),
    pytest.param(batch(2, "a", instance_id="b\n"), "instance_id", id="line break in an instance"),
    pytest.param(batch(2, "a", "t" * 256), "events[1].tool_name", id="long tool"),
    pytest.param(batch(2, "a", "nul\0"), "events[1].tool_name", id="NUL"),
    pytest.param(pb.AppendMcpEventsRequest(first_entry=2, events=OTHER), "events[1].instance_id", id="other instance"),
    pytest.param(pb.AppendMcpEventsRequest(first_entry=2, events=NAN), "events[1].metadata.x[0]", id="NaN"),
    pytest.param(pb.AppendMcpEventsRequest(first_entry=2, events=UNKNOWN), "events[1].status_change", id="status"),
    pytest.param(pb.AppendMcpEventsRequest(first_entry=2, events=TIMELESS), "events[1].timestamp", id="time"),
]


@pytest.mark.parametrize(("wrong", "reason", "metadata", "fields"), REFUSED)
async def test_what_is_refused_comes_after_all_answers(
    agents: Agents,
    wrong: pb.AppendMcpEventsRequest,
    reason: tuple[str, str],
    metadata: dict[str, str],
    fields: tuple[str, ...],
) -> None:
    await create(agents, instance("a"))
    answers, refusal = await send(agents, batch(1, "a"), wrong)
    assert answers == [(1, 1)]
    assert refusal is not None
    assert ((refusal.code, refusal.reason), refusal.metadata, refusal.fields) == (reason, metadata, fields)
    assert await names(agents) == ["a"], "nothing of it is logged"
    assert await send(agents, batch(2, "b")) == ([(2, 2)], None)


@pytest.mark.parametrize(("wrong", "field"), INVALID)
async def test_a_field_at_fault_is_named(agents: Agents, wrong: pb.AppendMcpEventsRequest, field: str) -> None:
    await create(agents, instance("a"), instance("b"))
    answers, refusal = await send(agents, batch(1, "a"), wrong)
    assert answers == [(1, 1)]
    assert refusal is not None
    assert (refusal.code, refusal.reason, refusal.fields) == ("INVALID_ARGUMENT", "VALIDATION_FAILED", (field,))
    assert await names(agents) == ["a"]


@pytest.mark.parametrize("missing", ["instance_id", "writer_id"])
async def test_the_first_batch_says_what_it_is_for(agents: Agents, missing: str) -> None:
    await create(agents, instance("a"))
    first = batch(1, "a")
    first.ClearField(missing)
    answers, refusal = await send(agents, first)
    assert (answers, refusal and refusal.fields) == ([], (missing,))
