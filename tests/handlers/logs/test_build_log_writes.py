"""Single lines: written, read, listed, deleted."""

import time
from typing import Any

import pytest

from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.builds.v1.build_log_pb2 import BuildLog
from tests.entities import DEBUG, ERROR, INFO, WARNING, add_build, append, append_texts, at, entry, revision
from tests.handlers.kinds import on_all
from tests.refusal import refused
from tests.stubs import Backend

MIB = 1 << 20


def line(content: str = "x", build_id: str = "build", **fields: Any) -> BuildLog:
    return BuildLog(build_id=build_id, content=content, **fields)


async def write(stub: Backend, given: BuildLog) -> BuildLog:
    return (await stub.CreateBuildLog(pb.CreateBuildLogRequest(build_log=given))).build_log


async def read(stub: Backend, key: str) -> BuildLog:
    return (await stub.GetBuildLog(pb.GetBuildLogRequest(id=key))).build_log


@on_all
async def test_a_line_is_answered_as_stored_and_read_back(stub: Backend) -> None:
    await add_build(stub)
    before = await revision(stub)
    given = line("first", category="stdout", level=WARNING, created_at=at(7))
    answer = await stub.CreateBuildLog(pb.CreateBuildLogRequest(build_log=given))
    expected = line("first", category="stdout", level=WARNING, created_at=at(7), id="build/1", seq=1)
    assert (answer.build_log, answer.revision) == (expected, before + 1)
    assert await read(stub, "build/1") == expected
    assert (await write(stub, given)).seq == 2, "repeated, it is added again"


async def test_a_line_without_level_and_time_is_info_and_of_now(stub: Backend) -> None:
    await add_build(stub)
    earliest = time.time_ns()
    stored = await write(stub, line())
    assert (stored.level, stored.HasField("category")) == (INFO, False)
    assert earliest <= stored.created_at.ToNanoseconds() <= time.time_ns()
    assert await read(stub, stored.id) == stored


@pytest.mark.parametrize("text", ["", "\0", "a\nb", "\x1b[31mred", "日本語 🙂", "\ud7ff", "x" * MIB, "é" * (MIB // 2)])
async def test_a_line_is_kept_to_the_letter(stub: Backend, text: str) -> None:
    await add_build(stub)
    await write(stub, line(text))
    assert (await read(stub, "build/1")).content == text


@pytest.mark.parametrize("size", [MIB + 1, MIB + MIB // 2])
async def test_a_line_is_a_mebibyte_at_most(stub: Backend, size: int) -> None:
    await add_build(stub)
    before = await revision(stub)
    refusal = await refused(stub.CreateBuildLog(pb.CreateBuildLogRequest(build_log=line("x" * size))))
    assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE")
    assert refusal.metadata == {"field": "build_log.content", "limit": str(MIB), "size": str(size)}
    assert refusal.fields == ("build_log.content",)
    assert await revision(stub) == before


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"id": "build/1"}, "build_log.id"),
        ({"seq": 1}, "build_log.id"),
        ({"build_id": ""}, "build_log.build_id"),
        ({"level": 5}, "build_log.level"),
        ({"level": -1}, "build_log.level"),
        ({"category": ""}, "build_log.category"),
        ({"category": "x" * 256}, "build_log.category"),
        ({"category": "a\nb"}, "build_log.category"),
        ({"created_at": {"seconds": 2**60}}, "build_log.created_at"),
        ({"created_at": {"nanos": -1}}, "build_log.created_at"),
    ],
)
async def test_a_value_that_it_must_not_have_is_refused(stub: Backend, fields: dict[str, Any], at_fault: str) -> None:
    await add_build(stub)
    before = await revision(stub)
    given = BuildLog(**{"build_id": "build"} | fields)
    refusal = await refused(stub.CreateBuildLog(pb.CreateBuildLogRequest(build_log=given)))
    assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", (at_fault,))
    assert await revision(stub) == before


async def test_a_build_that_is_not_there(stub: Backend) -> None:
    for call in (
        stub.CreateBuildLog(pb.CreateBuildLogRequest(build_log=line(build_id="none"))),
        stub.DeleteBuildLogs(pb.DeleteBuildLogsRequest(build_id="none")),
        stub.ListBuildLogs(pb.ListBuildLogsRequest(build_id="none")),
    ):
        refusal = await refused(call)
        assert (refusal.code, refusal.reason) == ("NOT_FOUND", "BUILD_NOT_FOUND")
        assert (refusal.metadata, refusal.resource) == ({"id": "none"}, ("build", "none"))


@pytest.mark.parametrize("key", ["build/3", "none/1", "build/999999999999999999"])
async def test_a_line_that_is_not_there(stub: Backend, key: str) -> None:
    await add_build(stub)
    await append_texts(stub, "a", "b")
    refusal = await refused(stub.GetBuildLog(pb.GetBuildLogRequest(id=key)))
    assert (refusal.code, refusal.reason) == ("NOT_FOUND", "BUILD_LOG_NOT_FOUND")
    assert (refusal.metadata, refusal.resource) == ({"id": key}, ("build_log", key))


@pytest.mark.parametrize(
    "key", ["", "build", "build/", "/1", "build/0", "build/01", "build/-1", "build/1.0", "build/٣", "build/" + "9" * 19]
)
async def test_what_can_not_be_the_id_of_a_line(stub: Backend, key: str) -> None:
    for call in (
        stub.GetBuildLog(pb.GetBuildLogRequest(id=key)),
        stub.StreamBuildLog(pb.StreamBuildLogRequest(id=key)),
    ):
        refusal = await refused(call)
        assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", ("id",))


async def test_a_build_whose_id_has_slashes(stub: Backend) -> None:
    await add_build(stub, "a/b/1")
    stored = await write(stub, line(build_id="a/b/1"))
    assert stored.id == "a/b/1/1"
    assert await read(stub, stored.id) == stored


@on_all
async def test_deleted_lines_are_gone_and_their_numbers_are_not_given_out_again(stub: Backend) -> None:
    await add_build(stub)
    await append_texts(stub, "a", "b", "c")
    before = await revision(stub)
    request = pb.DeleteBuildLogsRequest(build_id="build")
    assert (await stub.DeleteBuildLogs(request)).revision == before + 1
    assert (await stub.DeleteBuildLogs(request)).revision == before + 1, "there was nothing to delete"
    assert not (await stub.ListBuildLogs(pb.ListBuildLogsRequest(build_id="build"))).build_logs
    assert (await refused(stub.GetBuildLog(pb.GetBuildLogRequest(id="build/2")))).reason == "BUILD_LOG_NOT_FOUND"
    assert (await write(stub, line())).seq == 4
    assert (await append(stub, [entry("d")], first=4)).last_seq == 5, "the writer's count goes on, too"
    listed = await stub.ListBuildLogs(pb.ListBuildLogsRequest(build_id="build"))
    assert [one.seq for one in listed.build_logs] == [4, 5]


LINES = [(DEBUG, None), (INFO, "stdout"), (WARNING, "stderr"), (ERROR, "stderr"), (INFO, None)]


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"min_level": DEBUG}, [1, 2, 3, 4, 5]),
        ({"min_level": INFO}, [2, 3, 4, 5]),
        ({"min_level": ERROR}, [4]),
        ({"category": "stderr"}, [3, 4]),
        ({"category": "none"}, []),
        ({"category": "stderr", "min_level": ERROR}, [4]),
        ({"category": ""}, [1, 5]),
    ],
)
@pytest.mark.parametrize("together", [True, False], ids=["one chunk", "a chunk a line"])
async def test_lines_are_listed_by_level_and_category(
    stub: Backend, request_: dict[str, Any], found: list[int], together: bool
) -> None:
    await add_build(stub)
    entries = [entry(level=level, category=category) for level, category in LINES]
    for number in (0,) if together else range(len(entries)):
        await append(stub, entries if together else [entries[number]], first=number + 1)
    listed = await stub.ListBuildLogs(pb.ListBuildLogsRequest(build_id="build", **request_))
    assert [one.seq for one in listed.build_logs] == found


async def test_a_category_named_like_a_wildcard_is_one(stub: Backend) -> None:
    """Also among so many that a chunk does not name them all."""
    await add_build(stub)
    await append(stub, [entry(category=category) for category in ("*", *(f"c{number}" for number in range(100)))])
    listed = await stub.ListBuildLogs(pb.ListBuildLogsRequest(build_id="build", category="*"))
    assert [one.seq for one in listed.build_logs] == [1]
    tail = [one async for one in stub.TailBuildLogs(pb.TailBuildLogsRequest(build_id="build", category="*"))]
    assert [one.seq for message in tail for one in message.build_logs] == [1]


async def test_a_list_of_lines_that_can_not_be(stub: Backend) -> None:
    await add_build(stub)
    bad = pb.ListBuildLogsRequest(build_id="build", min_level=9)  # type: ignore[arg-type]
    assert (await refused(stub.ListBuildLogs(bad))).fields == ("min_level",)
    assert (await refused(stub.ListBuildLogs(pb.ListBuildLogsRequest()))).fields == ("build_id",)


async def test_a_page_of_long_lines_stays_below_what_a_client_takes(stub: Backend) -> None:
    await add_build(stub)
    for number in range(6):
        await append(stub, [entry("x" * (MIB - number))], first=number + 1)
    request, found = pb.ListBuildLogsRequest(build_id="build"), []
    while True:
        page = await stub.ListBuildLogs(request)
        found += [len(one.content) for one in page.build_logs]
        request.page_token = page.next_page_token
        if not page.next_page_token:
            break
    assert found == [MIB - number for number in range(6)]
