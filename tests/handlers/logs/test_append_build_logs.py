"""AppendBuildLogs: what is answered is stored, once and in order, whatever a client repeats."""

import time
from collections.abc import Iterable
from typing import Any

import pytest

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.build_log_pb2 import BuildLog, BuildLogEntry
from tests.deadline import within
from tests.entities import DEBUG, ERROR, INFO, WARNING, add_build, append, at, entry, revision
from tests.handlers.kinds import on_all
from tests.recorder import Recorder
from tests.refusal import Refusal, refused
from tests.stubs import Backend

pytestmark = pytest.mark.dialects

MIB = 1 << 20
Answers = list[tuple[int, int]]


def batch(first: int, *texts: str, build_id: str = "build", writer_id: str = "writer") -> pb.AppendBuildLogsRequest:
    """Return a batch of lines with these texts."""
    return pb.AppendBuildLogsRequest(
        build_id=build_id, writer_id=writer_id, first_entry=first, entries=map(entry, texts)
    )


async def send(stub: Backend, *batches: pb.AppendBuildLogsRequest) -> tuple[Answers, Refusal | None]:
    """Send batches in one call; return (durable_entry, last_seq) of each answer, and what ended the call."""
    async with Recorder[pb.AppendBuildLogsResponse](stub.AppendBuildLogs(iter(batches))) as recorder:
        refusal = await recorder.end()
        return [(answer.durable_entry, answer.last_seq) for answer in recorder.messages], refusal


async def stored(stub: Backend, build_id: str = "build") -> list[BuildLog]:
    """Return the lines of a build."""
    call = stub.TailBuildLogs(pb.TailBuildLogsRequest(build_id=build_id, include_debug=True))
    return [line async for message in call for line in message.build_logs]


async def texts(stub: Backend, build_id: str = "build") -> list[str]:
    return [line.content for line in await stored(stub, build_id)]


@on_all
async def test_lines_are_stored_as_sent_and_numbered(stub: Backend) -> None:
    await add_build(stub)
    entries = [
        entry("", level=DEBUG),
        entry("✨ émoji\t", level=WARNING, category="compile"),
        entry("two\nin one", level=ERROR, created_at=at(-5)),
    ]
    answer = await append(stub, entries)
    assert (answer.durable_entry, answer.last_seq) == (3, 3)
    lines = await stored(stub)
    assert [(line.id, line.build_id, line.seq) for line in lines] == [(f"build/{n}", "build", n) for n in (1, 2, 3)]
    assert [as_entry(line) for line in lines] == entries
    assert (await stub.GetBuildLog(pb.GetBuildLogRequest(id="build/2"))).build_log == lines[1]


def as_entry(line: BuildLog) -> BuildLogEntry:
    """Return a line as it was sent."""
    category = line.category if line.HasField("category") else None
    return BuildLogEntry(category=category, level=line.level, content=line.content, created_at=line.created_at)


async def test_what_is_missing_has_its_default(stub: Backend) -> None:
    await add_build(stub)
    before = time.time_ns()
    await append(stub, [BuildLogEntry(content="bare")])
    [line] = await stored(stub)
    assert (line.level, line.HasField("category")) == (INFO, False)
    assert before <= line.created_at.ToNanoseconds() <= time.time_ns()


@on_all
async def test_what_was_sent_before_is_stored_once(stub: Backend) -> None:
    await add_build(stub)
    assert await send(stub, batch(1, "a", "b")) == ([(2, 2)], None)
    before = await revision(stub)
    assert await send(stub, batch(1, "a", "b"), batch(2, "b"), batch(1, "a")) == ([(2, 2)] * 3, None)
    assert await revision(stub) == before
    assert await texts(stub) == ["a", "b"]


async def test_of_a_batch_that_overlaps_only_the_rest_is_stored(stub: Backend) -> None:
    await add_build(stub)
    batches = [batch(1, "a", "b"), batch(2, "b", "c", "d"), batch(1, "a", "b", "c", "d", "e"), batch(6, "f")]
    assert await send(stub, *batches) == ([(2, 2), (4, 4), (5, 5), (6, 6)], None)
    assert await texts(stub) == list("abcdef")


async def test_a_repeat_counts_by_number_whatever_it_says(stub: Backend) -> None:
    await add_build(stub)
    await send(stub, batch(1, "a"), batch(1, "other", "b"))
    assert await texts(stub) == ["a", "b"]


@on_all
async def test_a_gap_is_refused_with_what_is_expected(stub: Backend) -> None:
    await add_build(stub)
    answers, refusal = await send(stub, batch(1, "a", "b"), batch(4, "d"), batch(3, "c"))
    assert answers == [(2, 2)]
    assert refusal is not None
    assert (refusal.code, refusal.reason, refusal.domain) == ("FAILED_PRECONDITION", "ENTRY_GAP", "millstream")
    assert refusal.metadata == {
        "build_id": "build",
        "writer_id": "writer",
        "expected_entry": "3",
        "first_entry": "4",
    }
    assert (await texts(stub))[:2] == ["a", "b"]
    assert "d" not in await texts(stub)


async def test_every_writer_has_a_count_of_its_own(stub: Backend) -> None:
    await add_build(stub)
    batches = [
        batch(1, "a1", writer_id="a"),
        batch(1, "b1", "b2", writer_id="b"),
        batch(2, "a2", writer_id="a"),
        batch(3, "b3", writer_id="b"),
        batch(1, "a1", "a2", writer_id="a"),
    ]
    assert await send(stub, *batches) == ([(1, 1), (2, 3), (2, 4), (3, 5), (2, 5)], None)
    assert await texts(stub) == ["a1", "b1", "b2", "a2", "b3"]


async def test_one_call_writes_to_several_builds(stub: Backend) -> None:
    await add_build(stub, "x", "y")
    batches = [batch(1, "x1", build_id="x"), batch(1, "y1", build_id="y"), batch(2, "x2", build_id="x")]
    assert await send(stub, *batches) == ([(1, 1), (1, 1), (2, 2)], None)
    assert (await texts(stub, "x"), await texts(stub, "y")) == (["x1", "x2"], ["y1"])


async def test_build_and_writer_are_those_of_the_batch_before(stub: Backend) -> None:
    await add_build(stub, "x", "y")
    batches = [
        batch(1, "x1", build_id="x"),
        batch(2, "x2", build_id="", writer_id=""),
        batch(1, "y1", build_id="y", writer_id=""),
    ]
    assert await send(stub, *batches) == ([(1, 1), (2, 2), (1, 1)], None)
    assert (await texts(stub, "x"), await texts(stub, "y")) == (["x1", "x2"], ["y1"])


async def test_an_empty_batch_asks_how_far_the_writer_is(stub: Backend) -> None:
    await add_build(stub)
    assert await send(stub, batch(1)) == ([(0, 0)], None)
    await send(stub, batch(1, "a", "b", "c"), batch(1, "other", writer_id="other"))
    before = await revision(stub)
    assert await send(stub, batch(1), batch(1, writer_id="other"), batch(1, writer_id="new")) == (
        [(3, 4), (1, 4), (0, 4)],
        None,
    )
    assert await revision(stub) == before


async def test_a_call_without_batches_ends_well(stub: Backend) -> None:
    assert await send(stub) == ([], None)


async def test_numbers_go_on_once_the_lines_are_deleted(stub: Backend) -> None:
    await add_build(stub)
    await send(stub, batch(1, "a", "b"))
    await stub.DeleteBuildLogs(pb.DeleteBuildLogsRequest(build_id="build"))
    assert await send(stub, batch(1, "a", "b"), batch(3, "c")) == ([(2, 2), (3, 3)], None)
    assert [(line.seq, line.content) for line in await stored(stub)] == [(3, "c")]


async def test_a_build_that_comes_again_begins_anew(stub: Backend) -> None:
    await add_build(stub)
    await send(stub, batch(1, "a", "b"))
    await stub.DeleteProject(pb.DeleteProjectRequest(id="app"))
    await add_build(stub)
    assert await send(stub, batch(1, "new")) == ([(1, 1)], None)


async def test_an_answer_comes_before_the_next_batch_is_sent(stub: Backend) -> None:
    await add_build(stub)
    call = stub.AppendBuildLogs()
    for number in range(1, 4):
        await within(call.write(batch(number, str(number))))
        answer: Any = await within(call.read())
        assert (answer.durable_entry, answer.last_seq) == (number, number)
        assert len(await stored(stub)) == number
    await call.done_writing()
    assert await within(call.code())


def huge(size: int) -> pb.AppendBuildLogsRequest:
    return batch(2, "good", "x" * size)


def field_of(**fields: Any) -> pb.AppendBuildLogsRequest:
    return pb.AppendBuildLogsRequest(**{"first_entry": 2} | fields)


REFUSED = [
    pytest.param(batch(1, "a", build_id="none"), "NOT_FOUND", "BUILD_NOT_FOUND", {"id": "none"}, (), id="no build"),
    pytest.param(
        huge(MIB + 1),
        "RESOURCE_EXHAUSTED",
        "MESSAGE_TOO_LARGE",
        {"field": "entries[1].content", "limit": str(MIB), "size": str(MIB + 1)},
        ("entries[1].content",),
        id="line over 1 MiB",
    ),
    pytest.param(
        batch(2, *["x"] * 10_001),
        "RESOURCE_EXHAUSTED",
        "LIST_TOO_LARGE",
        {"field": "entries", "limit": "10000"},
        ("entries",),
        id="10,001 entries",
    ),
]
INVALID = [
    pytest.param(batch(0, "a"), "first_entry", id="entry 0"),
    pytest.param(batch(-1, "a"), "first_entry", id="entry -1"),
    pytest.param(batch(2, "a", writer_id="w" * 256), "writer_id", id="long writer"),
    pytest.param(batch(2, "a", build_id="b\n"), "build_id", id="line break in a build"),
    pytest.param(field_of(entries=[{}, {"category": ""}]), "entries[1].category", id="empty category"),
    pytest.param(field_of(entries=[{}, {"category": "c" * 256}]), "entries[1].category", id="long category"),
    pytest.param(field_of(entries=[{}, {"created_at": {"nanos": -1}}]), "entries[1].created_at", id="time"),
    pytest.param(field_of(entries=[{}, {"level": 99}]), "entries[1].level", id="unknown level"),
]


@pytest.mark.parametrize(("wrong", "code", "reason", "metadata", "fields"), REFUSED)
async def test_what_is_refused_comes_after_all_answers(
    stub: Backend,
    wrong: pb.AppendBuildLogsRequest,
    code: str,
    reason: str,
    metadata: dict[str, str],
    fields: Iterable[str],
) -> None:
    await add_build(stub)
    answers, refusal = await send(stub, batch(1, "a"), wrong)
    assert answers == [(1, 1)]
    assert refusal is not None
    assert (refusal.code, refusal.reason) == (code, reason)
    assert refusal.metadata == metadata
    assert refusal.fields == fields
    assert await texts(stub) == ["a"]
    assert await send(stub, batch(2, "b")) == ([(2, 2)], None)


@pytest.mark.parametrize(("wrong", "field"), INVALID)
async def test_a_field_at_fault_is_named(stub: Backend, wrong: pb.AppendBuildLogsRequest, field: str) -> None:
    await add_build(stub)
    answers, refusal = await send(stub, batch(1, "a"), wrong)
    assert answers == [(1, 1)]
    assert refusal is not None
    assert (refusal.code, refusal.reason, refusal.fields) == ("INVALID_ARGUMENT", "VALIDATION_FAILED", (field,))
    assert await texts(stub) == ["a"]


@pytest.mark.parametrize("field", ["build_id", "writer_id"])
async def test_the_first_batch_names_build_and_writer(stub: Backend, field: str) -> None:
    await add_build(stub)
    first = batch(1, "a")
    first.ClearField(field)
    refusal = await refused(stub.AppendBuildLogs(iter([first])))
    assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", (field,))


async def test_a_line_of_5_mib_is_too_large(stub: Backend) -> None:
    """A message over gRPC's usual 4 MiB still gets an answer that names the line."""
    await add_build(stub)
    answers, refusal = await send(stub, batch(1, "a"), batch(2, "x" * 5 * MIB))
    assert answers == [(1, 1)]
    assert refusal is not None
    assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE")
    assert refusal.metadata == {"field": "entries[0].content", "limit": str(MIB), "size": str(5 * MIB)}
    assert await texts(stub) == ["a"]


@on_all
async def test_a_line_may_have_1_mib_and_a_batch_10_000(stub: Backend) -> None:
    await add_build(stub)
    long = "é" * (MIB // 2)
    answers, refusal = await send(stub, batch(1, long, long), batch(3, *map(str, range(10_000))))
    assert (answers, refusal) == ([(2, 2), (10_002, 10_002)], None)
    lines = await stored(stub)
    assert [line.seq for line in lines] == list(range(1, 10_003))
    assert [line.content for line in lines] == [long, long, *map(str, range(10_000))]


async def test_many_batches_without_waiting_are_answered_in_order(stub: Backend) -> None:
    await add_build(stub)
    answers, refusal = await send(stub, *(batch(number, str(number)) for number in range(1, 301)))
    assert (answers, refusal) == ([(number, number) for number in range(1, 301)], None)
    assert await texts(stub) == list(map(str, range(1, 301)))
