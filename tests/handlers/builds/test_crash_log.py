"""Crash logs: their long texts, and how they are listed."""

from typing import Any

import pytest

from millstream.builds.v1 import backend_service_pb2 as pb
from tests.entities import add_build, at, crash_log, revision
from tests.refusal import refused
from tests.stubs import Backend

CONTENT, NOTE = 3 << 20, 64 << 10


@pytest.mark.parametrize(("field", "most"), [("content", CONTENT), ("note", NOTE)])
async def test_long_texts_are_counted_in_bytes(stub: Backend, field: str, most: int) -> None:
    await add_build(stub)
    fits = "é" * (most // 2)
    before = await revision(stub)
    too_much = crash_log(**{field: fits + "x"})
    refusal = await refused(stub.CreateCrashLog(pb.CreateCrashLogRequest(crash_log=too_much)))
    assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE")
    path = f"crash_log.{field}"
    assert refusal.metadata == {"field": path, "limit": str(most), "size": str(most + 1)}
    assert refusal.fields == (path,)
    assert await revision(stub) == before
    await stub.CreateCrashLog(pb.CreateCrashLogRequest(crash_log=crash_log(**{field: fits})))
    answer = await stub.GetCrashLog(pb.GetCrashLogRequest(id="crash"))
    assert getattr(answer.crash_log, field) == fits


@pytest.mark.parametrize(
    ("fields", "at_fault"),
    [
        ({"role": 3}, "role"),
        ({"priority": 5}, "priority"),
        ({"priority": -1}, "priority"),
        ({"date_time": {"seconds": 2**60}}, "date_time"),
        ({"launch_time": {"nanos": -1}}, "launch_time"),
    ],
)
async def test_a_value_that_it_must_not_have_is_refused(stub: Backend, fields: dict[str, Any], at_fault: str) -> None:
    await add_build(stub)
    refusal = await refused(stub.CreateCrashLog(pb.CreateCrashLogRequest(crash_log=crash_log(**fields))))
    assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", (f"crash_log.{at_fault}",))


async def test_what_is_not_said_is_of_medium_priority(stub: Backend) -> None:
    await add_build(stub)
    answer = await stub.CreateCrashLog(pb.CreateCrashLogRequest(crash_log=crash_log()))
    assert answer.crash_log == crash_log(priority="CRASH_LOG_PRIORITY_MEDIUM")


async def some_crash_logs(stub: Backend) -> None:
    """Store crash logs: 0 to 3, each newer, by turns of two builds; those from 2 on are fixed."""
    await add_build(stub, "one", "two")
    for number in range(4):
        given = crash_log(str(number), ("one", "two")[number % 2], created_at=at(number), fixed=number > 1)
        await stub.CreateCrashLog(pb.CreateCrashLogRequest(crash_log=given))


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        ({}, "3210"),
        ({"build_id": "one"}, "20"),
        ({"build_id": "none"}, ""),
        ({"project_id": "app"}, "3210"),
        ({"project_id": "none"}, ""),
        ({"fixed": True}, "32"),
        ({"fixed": False}, "10"),
        ({"fixed": False, "build_id": "two"}, "1"),
        ({"fixed": True, "project_id": "app"}, "32"),
    ],
)
async def test_crash_logs_are_listed_newest_first(stub: Backend, request_: dict[str, Any], found: str) -> None:
    await some_crash_logs(stub)
    listed = await stub.ListCrashLogs(pb.ListCrashLogsRequest(**request_))
    assert "".join(one.incident_identifier for one in listed.crash_logs) == found


async def test_a_list_is_of_a_build_or_of_a_project(stub: Backend) -> None:
    refusal = await refused(stub.ListCrashLogs(pb.ListCrashLogsRequest(build_id="one", project_id="app")))
    assert (refusal.reason, refusal.fields) == ("VALIDATION_FAILED", ("project_id",))


async def test_pages_of_long_reports_stay_below_what_a_client_takes(stub: Backend) -> None:
    await add_build(stub)
    sizes = (CONTENT, 1 << 20, (2 << 20) - 300, CONTENT, 100, 100)
    for number, size in enumerate(sizes):
        given = crash_log(str(number), content="x" * size, created_at=at(number))
        await stub.CreateCrashLog(pb.CreateCrashLogRequest(crash_log=given))
    request, found = pb.ListCrashLogsRequest(), ""
    while True:
        page = await stub.ListCrashLogs(request)
        found += "".join(one.incident_identifier for one in page.crash_logs)
        request.page_token = page.next_page_token
        if not page.next_page_token:
            break
    assert found == "543210"
