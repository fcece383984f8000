"""Reading and searching logs."""

from typing import Any

import pytest

from tests.entities import ERROR, WARNING, entry
from tests.mcp.conftest import COMPLETED, Record
from tests.mcp.tools import Tools


def seqs(page: dict[str, Any]) -> list[int]:
    return [line["seq"] for line in page["lines"]]


@pytest.fixture
def hundred(record: Record) -> Record:
    """A build whose log has a hundred lines: each tenth an error, each fifth of the category `odd`."""
    lines = [
        entry(f"line {seq}", **({"level": ERROR} if seq % 10 == 0 else {}), **({} if seq % 5 else {"category": "odd"}))
        for seq in range(1, 101)
    ]
    record.build("build", lines=lines)
    return record


async def test_the_end_comes_first(tools: Tools, hundred: Record) -> None:
    page = await tools("read_build_log", build_id="build", limit=3)
    assert seqs(page) == [98, 99, 100]
    assert page["lines"][-1] == {"seq": 100, "level": "error", "category": "odd", "content": "line 100"}
    assert (page["next_before_seq"], page.get("next_after_seq"), page["status"]) == (98, None, "failed")


async def test_a_log_is_read_backwards_page_by_page(tools: Tools, hundred: Record) -> None:
    read: list[int] = []
    page = await tools("read_build_log", build_id="build", limit=30)
    while True:
        read = seqs(page) + read
        if "next_before_seq" not in page:
            break
        page = await tools("read_build_log", build_id="build", limit=30, before_seq=page["next_before_seq"])
    assert read == list(range(1, 101))


async def test_a_log_is_read_forwards_page_by_page(tools: Tools, hundred: Record) -> None:
    read: list[int] = []
    page: dict[str, Any] = {"next_after_seq": 0}
    while "next_after_seq" in page:
        page = await tools("read_build_log", build_id="build", limit=30, after_seq=page["next_after_seq"])
        read += seqs(page)
    assert read == list(range(1, 101))


async def test_what_is_around_a_line_can_be_seen(tools: Tools, hundred: Record) -> None:
    page = await tools("read_build_log", build_id="build", after_seq=47, limit=5)
    assert seqs(page) == [48, 49, 50, 51, 52]
    assert (page["next_before_seq"], page["next_after_seq"]) == (48, 52)


async def test_lines_are_filtered_in_both_directions(tools: Tools, hundred: Record) -> None:
    last = await tools("read_build_log", build_id="build", min_level="error", limit=2)
    assert seqs(last) == [90, 100]
    first = await tools("read_build_log", build_id="build", category="odd", after_seq=0, limit=3)
    assert seqs(first) == [5, 10, 15]
    none = await tools("read_build_log", build_id="build", category="nothing")
    assert none["lines"] == []


async def test_both_directions_at_once_make_no_sense(tools: Tools, hundred: Record) -> None:
    said = await tools.refused("read_build_log", build_id="build", after_seq=1, before_seq=9)
    assert said == "after_seq and before_seq exclude each other"


async def test_an_answer_is_bounded_however_long_lines_are(tools: Tools, record: Record) -> None:
    record.build("long", lines=[entry(f"{number}: " + "x" * 3_000) for number in range(300)])
    for arguments in ({}, {"after_seq": 0}):
        page = await tools("read_build_log", build_id="long", limit=1_000, line_characters=2_000, **arguments)
        assert 10 < len(page["lines"]) < 20
        assert sum(len(line["content"]) for line in page["lines"]) <= 40_000
        assert ("next_after_seq" if arguments else "next_before_seq") in page
    whole = await tools("read_build_log", build_id="long", limit=1, line_characters=20_000)
    assert whole["lines"][0]["content"] == "299: " + "x" * 3_000


async def test_a_log_without_lines_is_read_too(tools: Tools, record: Record) -> None:
    record.build("silent", status=COMPLETED)
    assert await tools("read_build_log", build_id="silent") == {
        "build_id": "silent",
        "status": "completed",
        "lines": [],
    }


async def test_a_build_that_is_not_there_is_named(tools: Tools, record: Record) -> None:
    assert await tools.refused("read_build_log", build_id="x") == "BUILD_NOT_FOUND: there is no build 'x'"
    assert "BUILD_NOT_FOUND" in await tools.refused("search_build_logs", query="a", build_id="x")
    assert "PROJECT_NOT_FOUND" in await tools.refused("search_build_logs", query="a", project_id="x")


async def test_a_text_is_found_with_what_is_around_it(tools: Tools, hundred: Record) -> None:
    found = await tools("search_build_logs", query="line 42", build_id="build", context_lines=2)
    (hit,) = found["hits"]
    assert (hit["build_id"], hit["seq"], hit["content"]) == ("build", 42, "line 42")
    assert [line["seq"] for line in hit["before"]] == [40, 41]
    assert [line["seq"] for line in hit["after"]] == [43, 44]
    assert not found["more"]


async def test_an_expression_is_found_in_all_builds_of_a_project(tools: Tools, record: Record) -> None:
    record.build("one", lines=[entry("Fatal: disk"), entry("fatal: net", level=WARNING)])
    record.build("two", "release", lines=[entry("all is well"), entry("FATAL: out of memory", level=ERROR)])
    record.build("other", "brew", lines=[entry("fatal: no tea")])
    found = await tools("search_build_logs", query="^fatal: .*", project_id="kettle", regex=True, ignore_case=True)
    assert [(hit["build_id"], hit["seq"]) for hit in found["hits"]] == [("two", 2), ("one", 1), ("one", 2)]
    found = await tools("search_build_logs", query="fatal", project_id="kettle", ignore_case=True, min_level="error")
    assert [hit["build_id"] for hit in found["hits"]] == ["two"]


async def test_hits_are_bounded_in_number_and_size(tools: Tools, record: Record) -> None:
    record.build("build", lines=[entry("needle " + "x" * 2_000) for _ in range(300)])
    few = await tools("search_build_logs", query="needle", build_id="build", limit=5)
    assert (len(few["hits"]), few["more"]) == (5, True)
    many = await tools("search_build_logs", query="needle", build_id="build", limit=200)
    assert 50 < len(many["hits"]) < 100
    assert many["more"]
    assert all(len(hit["content"]) < 550 for hit in many["hits"])


async def test_a_search_that_makes_no_sense_says_why(tools: Tools, hundred: Record) -> None:
    assert (await tools.refused("search_build_logs", query="(", build_id="build", regex=True)).startswith(
        "INVALID_REGEX"
    )
    assert "either build_id or project_id" in await tools.refused("search_build_logs", query="a")
    said = await tools.refused("search_build_logs", query="", build_id="build")
    assert said.startswith("VALIDATION_FAILED: query: ")
