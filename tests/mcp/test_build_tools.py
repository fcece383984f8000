"""Finding builds."""

from millstream import BuildLogEntry
from tests.entities import ERROR, WARNING, crash_log, entry
from tests.mcp.conftest import COMPLETED, FAILED, Record
from tests.mcp.tools import Tools

LOG = [
    entry("cc -c kettle.c", category="compile"),
    entry("kettle.c:3:1: warning: unused variable", level=WARNING),
    entry("kettle.c:4:1: error: expected ';'", level=ERROR, category="stderr"),
    entry("make: *** [kettle.o] Error 1", level=ERROR),
]


async def test_the_last_failed_build_is_found_with_what_went_wrong(tools: Tools, record: Record) -> None:
    record.build("old", lines=[entry("an old fault", level=ERROR)])
    record.build("bad", lines=LOG)
    record.build("good", "release", status=COMPLETED)
    found = await tools("find_failed_build")
    assert found["build"]["id"] == "bad"
    assert (found["build"]["project"], found["build"]["scheme"]) == ("kettle", "debug")
    assert (found["build"]["status"], found["build"]["duration_seconds"]) == ("failed", 3.0)
    assert found["log"] == {"lines": 4, "errors": 2, "warnings": 1, "last_seq": 4}
    assert found["first_errors"][0] == {
        "seq": 3, "level": "error", "category": "stderr", "content": "kettle.c:4:1: error: expected ';'",
    }  # fmt: skip
    assert [line["seq"] for line in found["last_lines"]] == [1, 2, 3, 4]
    assert "2 errors in 4 lines" in found["message"]
    assert "newest_build_of_scheme" not in found


async def test_it_is_sought_in_a_project_or_a_scheme(tools: Tools, record: Record) -> None:
    record.build("debug-bad", "debug")
    record.build("release-bad", "release")
    record.build("teapot-bad", "brew")
    found = {
        "": await tools("find_failed_build"),
        "kettle": await tools("find_failed_build", project_id="kettle"),
        "debug": await tools("find_failed_build", scheme_id="debug"),
        "both": await tools("find_failed_build", project_id="kettle", scheme_id="debug"),
    }
    ids = {name: answer["build"]["id"] for name, answer in found.items()}
    assert ids == {"": "teapot-bad", "kettle": "release-bad", "debug": "debug-bad", "both": "debug-bad"}


async def test_a_failure_that_is_over_says_so(tools: Tools, record: Record) -> None:
    record.build("bad")
    record.build("good", status=COMPLETED)
    found = await tools("find_failed_build")
    assert found["build"]["id"] == "bad"
    assert (found["newest_build_of_scheme"]["id"], found["newest_build_of_scheme"]["status"]) == ("good", "completed")


async def test_where_nothing_failed_that_is_the_answer(tools: Tools, record: Record) -> None:
    record.build("good", status=COMPLETED)
    found = await tools("find_failed_build", project_id="teapot")
    assert "build" not in found
    assert "No such build has failed" in found["message"]


async def test_a_project_or_scheme_that_is_not_there_is_named(tools: Tools, record: Record) -> None:
    assert "PROJECT_NOT_FOUND" in await tools.refused("find_failed_build", project_id="nowhere")
    assert "SCHEME_NOT_FOUND" in await tools.refused("list_builds", scheme_id="nowhere")
    assert "scheme_id" in await tools.refused("list_builds", project_id="teapot", scheme_id="debug")


async def test_of_a_long_log_no_more_is_told_than_an_agent_can_read(tools: Tools, record: Record) -> None:
    record.build("bad", lines=[entry("x" * 5_000, level=ERROR) for _ in range(500)])
    found = await tools("find_failed_build")
    assert found["log"]["errors"] == 500
    assert [line["seq"] for line in found["first_errors"]] == list(range(1, 11))
    assert [line["seq"] for line in found["last_lines"]] == list(range(481, 501))
    assert all(len(line["content"]) < 1_050 for line in found["first_errors"] + found["last_lines"])
    assert "4000 more characters" in found["first_errors"][0]["content"]


async def test_any_build_can_be_looked_at(tools: Tools, record: Record) -> None:
    record.build("good", lines=[BuildLogEntry(content="done")], status=COMPLETED)
    record.client.builds.create_crash_log(crash_log("crash-1", "good", process="kettle", content="Thread 0 Crashed"))
    found = await tools("get_build", build_id="good")
    assert (found["build"]["status"], found["first_errors"]) == ("completed", [])
    (crash,) = found["crash_reports"]
    assert (crash["id"], crash["process"], crash["characters"]) == ("crash-1", "kettle", 16)
    assert "BUILD_NOT_FOUND" in await tools.refused("get_build", build_id="nowhere")


async def test_builds_are_listed_newest_first(tools: Tools, record: Record) -> None:
    for number in range(5):
        record.build(f"build-{number}", status=COMPLETED if number % 2 else FAILED)
    record.build("tea", "brew")
    listed = await tools("list_builds", limit=3)
    assert [build["id"] for build in listed["builds"]] == ["tea", "build-4", "build-3"]
    assert listed["more"]
    listed = await tools("list_builds", project_id="kettle", statuses=["completed"])
    assert [build["id"] for build in listed["builds"]] == ["build-3", "build-1"]
    assert not listed["more"]
    assert (await tools("list_builds", version_string="9"))["builds"] == []


async def test_projects_are_listed_with_their_schemes(tools: Tools, record: Record) -> None:
    listed = await tools("list_projects")
    schemes = {project["id"]: [scheme["id"] for scheme in project["schemes"]] for project in listed["projects"]}
    assert schemes == {"teapot": ["brew"], "kettle": ["debug", "release"]}
    assert not listed["more"]
    assert (await tools("list_projects", limit=1))["more"]
