"""TailBuildLogs: every line that is asked for, in order, once, whatever happens meanwhile."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.build_log_pb2 import BuildLog, BuildLogEntry
from tests.entities import DEBUG, ERROR, INFO, WARNING, add_build, append, append_texts, entry, revision
from tests.handlers.kinds import on_all
from tests.recorder import Recorder
from tests.refusal import refused
from tests.stubs import Backend

pytestmark = pytest.mark.dialects

Tail = Recorder[pb.TailBuildLogsResponse]
ENDED = ("BUILD_STATUS_COMPLETED", "BUILD_STATUS_FAILED", "BUILD_STATUS_CANCELLED")
DELETE = "delete"

categories = st.sampled_from([None, "compile", "test", "*"])
entries = st.builds(
    lambda level, category: entry("", level=level, category=category),
    st.sampled_from([DEBUG, INFO, WARNING, ERROR]),
    categories,
)
steps = st.lists(st.one_of(st.lists(entries, min_size=1, max_size=5), st.just(DELETE)), max_size=6)
requests = st.fixed_dictionaries(
    {
        "after_seq": st.integers(0, 12),
        "include_debug": st.booleans(),
        "min_level": st.sampled_from([0, DEBUG, INFO, WARNING, ERROR]),
        "category": categories,
    }
)


@dataclass
class Log:
    """What a log should be: the lines that are there, and the number of the last that ever was."""

    lines: list[BuildLog] = field(default_factory=list)
    last_seq: int = 0
    sent: int = 0

    async def step(self, stub: Backend, step: Any, build_id: str) -> None:
        """Do the same to the service and to the model."""
        if step == DELETE:
            await stub.DeleteBuildLogs(pb.DeleteBuildLogsRequest(build_id=build_id))
            self.lines.clear()
            return
        await append(stub, step, build_id, first=self.sent + 1)
        self.sent += len(step)
        for one in step:
            self.last_seq += 1
            self.lines.append(line_of(one, build_id, self.last_seq))

    def wanted(
        self, after_seq: int = 0, min_level: int = 0, category: str | None = None, *, include_debug: bool = False
    ) -> list[BuildLog]:
        """Return the lines that a request asks for."""
        lines = [line for line in self.lines if line.seq > after_seq and line.level >= min_level]
        if not include_debug and min_level != DEBUG:
            lines = [line for line in lines if line.level != DEBUG]
        return [line for line in lines if category is None or (line.HasField("category") and line.category == category)]


def line_of(one: BuildLogEntry, build_id: str, seq: int) -> BuildLog:
    line = BuildLog(id=f"{build_id}/{seq}", build_id=build_id, seq=seq)
    line.MergeFromString(one.SerializeToString())
    return line


def lines_of(messages: Iterable[pb.TailBuildLogsResponse]) -> list[BuildLog]:
    return [line for message in messages for line in message.build_logs]


def contents(messages: Iterable[pb.TailBuildLogsResponse]) -> list[str]:
    return [line.content for line in lines_of(messages)]


def tail(stub: Backend, build_id: str = "build", **fields: Any) -> Tail:
    """Return the recorder of a tail."""
    return Recorder(stub.TailBuildLogs(pb.TailBuildLogsRequest(build_id=build_id, **fields)))


async def all_of(stub: Backend, build_id: str = "build", **fields: Any) -> list[pb.TailBuildLogsResponse]:
    """Return the messages of a tail that does not follow."""
    async with tail(stub, build_id, **fields) as recorder:
        assert await recorder.end() is None
        return recorder.messages


async def end_build(stub: Backend, status: str = ENDED[0]) -> None:
    request = pb.UpdateBuildRequest(build={"id": "build", "status": status}, update_mask={"paths": ["status"]})
    await stub.UpdateBuild(request)


@pytest.fixture
def numbers() -> Iterable[int]:
    """One fixture serves all examples of a test: each takes a build of its own."""
    return iter(range(1, 1_000_000))


async def new_build(stub: Backend, numbers: Any) -> str:
    number = next(numbers)
    build_id = f"build-{number}"
    await add_build(stub, build_id, project_id=f"app-{number}", scheme_id=f"scheme-{number}")
    return build_id


@settings(max_examples=25)
@given(steps=steps, wishes=st.lists(requests, min_size=1, max_size=4))
async def test_the_lines_are_those_of_a_list(
    stub: Backend, numbers: Iterable[int], steps: list[Any], wishes: list[dict[str, Any]]
) -> None:
    build_id, log = await new_build(stub, numbers), Log()
    for step in steps:
        await log.step(stub, step, build_id)
    for wish in wishes:
        messages = await all_of(stub, build_id, **wish)
        assert lines_of(messages) == log.wanted(**wish)
        check_positions(messages, wish["after_seq"], await revision(stub))
        if messages:
            assert messages[-1].last_seq == log.last_seq


def check_positions(messages: list[pb.TailBuildLogsResponse], after_seq: int, newest: int) -> None:
    """Assert that each message tells how far it goes and where it stands."""
    reached = after_seq
    for message in messages:
        assert 0 < message.position.revision <= newest
        assert message.position.resume_token == b""
        assert all(reached < line.seq <= message.last_seq for line in message.build_logs)
        assert message.last_seq > reached
        reached = message.last_seq


@settings(max_examples=20)
@given(before=steps, after=st.lists(st.lists(entries, min_size=1, max_size=5), max_size=6), wish=requests)
async def test_a_tail_that_follows_has_every_line(
    stub: Backend, numbers: Iterable[int], before: list[Any], after: list[Any], wish: dict[str, Any]
) -> None:
    build_id, log = await new_build(stub, numbers), Log()
    for step in before:
        await log.step(stub, step, build_id)
    async with tail(stub, build_id, follow=True, **wish) as recorder:
        for step in after:
            await log.step(stub, step, build_id)
        expected = log.wanted(**wish)
        if log.last_seq > wish["after_seq"]:
            await recorder.until(
                lambda messages: bool(messages) and messages[-1].last_seq == log.last_seq, "the tail has all"
            )
        assert lines_of(recorder.messages) == expected
        check_positions(recorder.messages, wish["after_seq"], await revision(stub))


@on_all
async def test_each_line_comes_as_it_is_added(stub: Backend) -> None:
    await add_build(stub)
    async with tail(stub, follow=True) as recorder:
        for number in range(1, 6):
            await append_texts(stub, str(number), first=number)
            message = await recorder.next()
            assert (contents([message]), message.last_seq) == ([str(number)], number)
            assert message.position.revision == await revision(stub)


async def test_lines_that_are_left_out_move_the_tail_on(stub: Backend) -> None:
    await add_build(stub)
    async with tail(stub, follow=True, min_level=ERROR) as recorder:
        await append_texts(stub, "no", "no")
        message = await recorder.next()
        assert (list(message.build_logs), message.last_seq) == ([], 2)
        await append(stub, [entry("yes", level=ERROR)], first=3)
        assert contents([await recorder.next()]) == ["yes"]


@on_all
@pytest.mark.parametrize("status", ENDED)
async def test_a_tail_ends_with_the_build(stub: Backend, status: str) -> None:
    await add_build(stub)
    await append_texts(stub, "a")
    async with tail(stub, follow=True) as recorder:
        await recorder.has(1)
        await append_texts(stub, "b", first=2)
        await end_build(stub, status)
        assert await recorder.end() is None
        assert contents(recorder.messages) == ["a", "b"]


@pytest.mark.parametrize("status", ["BUILD_STATUS_QUEUED", "BUILD_STATUS_RUNNING"])
async def test_a_build_that_goes_on_keeps_its_tail(stub: Backend, status: str) -> None:
    await add_build(stub)
    await append_texts(stub, "a")
    async with tail(stub, follow=True) as recorder:
        await recorder.has(1)
        await end_build(stub, status)
        await append_texts(stub, "b", first=2)
        await recorder.has(2)
        assert not recorder.ended


async def test_the_tail_of_a_build_that_has_ended_ends(stub: Backend) -> None:
    await add_build(stub)
    await append_texts(stub, "a", "b")
    await end_build(stub)
    assert contents(await all_of(stub, follow=True)) == ["a", "b"]
    assert contents(await all_of(stub, follow=True, after_seq=2)) == []


@on_all
async def test_a_tail_of_a_build_that_is_deleted_says_so(stub: Backend) -> None:
    await add_build(stub)
    await append_texts(stub, "a")
    async with tail(stub, follow=True) as recorder:
        await recorder.has(1)
        await stub.DeleteBuild(pb.DeleteBuildRequest(id="build"))
        refusal = await recorder.end()
    assert refusal is not None
    assert (refusal.code, refusal.reason, refusal.metadata) == ("NOT_FOUND", "BUILD_NOT_FOUND", {"id": "build"})
    assert refusal.resource == ("build", "build")
    assert contents(recorder.messages) == ["a"]


async def test_a_tail_of_a_project_that_is_deleted_says_so(stub: Backend) -> None:
    await add_build(stub)
    await append_texts(stub, "a")
    async with tail(stub, follow=True) as recorder:
        await recorder.has(1)
        await stub.DeleteProject(pb.DeleteProjectRequest(id="app"))
        refusal = await recorder.end()
    assert refusal is not None
    assert refusal.reason == "BUILD_NOT_FOUND"


@pytest.mark.parametrize("follow", [False, True])
async def test_a_build_that_is_not_there_has_no_tail(stub: Backend, follow: bool) -> None:
    request = pb.TailBuildLogsRequest(build_id="none", follow=follow)
    refusal = await refused(stub.TailBuildLogs(request))
    assert (refusal.code, refusal.reason, refusal.metadata) == ("NOT_FOUND", "BUILD_NOT_FOUND", {"id": "none"})


async def test_a_tail_goes_on_behind_deleted_lines(stub: Backend) -> None:
    await add_build(stub)
    async with tail(stub, follow=True) as recorder:
        await append_texts(stub, "a", "b")
        await recorder.has(1)
        await stub.DeleteBuildLogs(pb.DeleteBuildLogsRequest(build_id="build"))
        await append_texts(stub, "c", first=3)
        await recorder.until(lambda messages: messages[-1].last_seq == 3, "the line behind came")
        assert contents(recorder.messages) == ["a", "b", "c"]
    assert contents(await all_of(stub)) == ["c"]


@on_all
async def test_a_tail_that_breaks_again_and_again_has_no_gap(stub: Backend) -> None:
    """A client that resumes with the last `last_seq` it has seen, while lines are added."""
    await add_build(stub)

    async def write() -> None:
        for first in range(1, 301, 10):
            await append_texts(stub, *map(str, range(first, first + 10)), first=first)
        await end_build(stub)

    seen: list[BuildLog] = []
    last_seq = 0
    async with asyncio.TaskGroup() as group:
        group.create_task(write())
        while last_seq < 300:
            async with tail(stub, follow=True, after_seq=last_seq) as recorder:
                message = await recorder.next()
                seen += message.build_logs
                last_seq = message.last_seq
    assert [line.seq for line in seen] == list(range(1, 301))
    assert [line.content for line in seen] == list(map(str, range(1, 301)))


async def test_a_long_log_comes_in_messages_of_a_size_that_clients_take(stub: Backend) -> None:
    """Several pages of several messages; each may be resumed from."""
    await add_build(stub)
    for first in range(1, 13):
        await append(stub, [entry(f"{first} " + "x" * 600_000)], first=first)
    messages = await all_of(stub)
    assert [line.seq for line in lines_of(messages)] == list(range(1, 13))
    assert max(message.ByteSize() for message in messages) < 4 << 20
    assert len(messages) > 2
    for message in messages:
        rest = await all_of(stub, after_seq=message.last_seq)
        assert [line.seq for line in lines_of(rest)] == list(range(message.last_seq + 1, 13))


async def test_a_field_at_fault_is_named(stub: Backend) -> None:
    await add_build(stub)
    wrong: list[tuple[str, Any]] = [("after_seq", -1), ("min_level", 99), ("build_id", ""), ("build_id", "b\n")]
    for name, value in wrong:
        fields: dict[str, Any] = {"build_id": "build"} | {name: value}
        refusal = await refused(stub.TailBuildLogs(pb.TailBuildLogsRequest(**fields)))
        assert (refusal.code, refusal.reason, refusal.fields) == ("INVALID_ARGUMENT", "VALIDATION_FAILED", (name,))


async def test_a_tail_may_start_behind_the_end(stub: Backend) -> None:
    await add_build(stub)
    await append_texts(stub, "a")
    assert await all_of(stub, after_seq=2) == []
    async with tail(stub, follow=True, after_seq=2) as recorder:
        await append_texts(stub, "b", "c", first=2)
        assert contents([await recorder.next()]) == ["c"]
