"""Reading crash reports."""

from pathlib import Path

from tests.entities import crash_log
from tests.mcp.conftest import Record
from tests.mcp.tools import Tools

SAMPLE = Path(__file__).parents[1] / "samples" / "crash" / "macos12.3_reportcrash_thread1.crash"


async def test_a_report_is_read_part_by_part(tools: Tools, record: Record) -> None:
    report = SAMPLE.read_text()
    record.build("build")
    record.client.builds.create_crash_log(
        crash_log("crash", "build", content=report, process="reportcrash", note="again")
    )
    read = ""
    offset: int | None = 0
    while offset is not None:
        page = await tools("read_crash_report", id="crash", offset=offset, limit=4_000)
        assert len(page["content"]) <= 4_000
        read += page["content"]
        offset = page.get("next_offset")
    assert read == report
    assert page["report"]["characters"] == len(report)
    assert (page["report"]["process"], page["report"]["note"]) == ("reportcrash", "again")


async def test_reports_are_listed_without_their_texts(tools: Tools, record: Record) -> None:
    record.build("one")
    record.build("two", "brew")
    record.client.builds.create_crash_log(crash_log("a", "one", content="text", fixed=True))
    record.client.builds.create_crash_log(crash_log("b", "two", content="text"))

    async def listed(**arguments: object) -> list[str]:
        answer = await tools("list_crash_reports", **arguments)
        assert all("content" not in report for report in answer["crash_reports"])
        return [report["id"] for report in answer["crash_reports"]]

    assert sorted(await listed()) == ["a", "b"]
    assert await listed(build_id="one") == ["a"]
    assert await listed(project_id="teapot") == ["b"]
    assert await listed(fixed=True) == ["a"]
    assert await listed(fixed=False) == ["b"]
    assert (await tools("list_crash_reports", limit=1))["more"]
    assert "exclude each other" in await tools.refused("list_crash_reports", build_id="one", project_id="teapot")


async def test_a_report_that_is_not_there_is_named(tools: Tools) -> None:
    assert await tools.refused("read_crash_report", id="x") == "CRASH_LOG_NOT_FOUND: there is no crash log 'x'"
