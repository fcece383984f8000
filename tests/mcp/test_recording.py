"""Each call of a tool is an event of the session's instance."""

import subprocess
from pathlib import Path
from typing import Any, NoReturn

import anyio
import pytest
from google.protobuf.json_format import MessageToDict

from millstream import AsyncClient, Client, Instance, InstanceStatus, McpEvent
from millstream.mcp import recorded_server
from millstream.mcp.builds import tools as build_tools
from millstream.mcp.event_log import MAX_WAITING, EventLog
from millstream.testing import MillstreamService
from tests.deadline import until
from tests.mcp.conftest import Record
from tests.mcp.tools import Tools, in_one_task, served_here

PR_CREATED = InstanceStatus.INSTANCE_STATUS_PR_CREATED


def names(events: list[dict[str, Any]]) -> list[str]:
    return [event["tool_name"] for event in events]


async def test_calls_are_recorded_from_the_registration_on(tools: Tools, record: Record) -> None:
    record.build("build")
    await tools("find_failed_build")
    await tools("register_instance", id="me", issue_number=3)
    await tools("read_build_log", build_id="build", limit=10)
    await tools.refused("read_build_log", build_id="nowhere")
    events = await tools.events()
    assert names(events) == ["register_instance", "read_build_log", "read_build_log"]
    first, well, ill = events
    assert first["metadata"]["arguments"] == {"id": "me", "issue_number": 3}
    assert well["metadata"]["arguments"] == {"build_id": "build", "limit": 10}
    assert 0 < well["metadata"]["duration_ms"] < 60_000
    assert (well["success"], "error_message" in well) == (True, False)
    assert (ill["success"], ill["error_message"]) == (False, "BUILD_NOT_FOUND: there is no build 'nowhere'")


async def test_calls_that_make_no_sense_are_recorded_too(tools: Tools) -> None:
    await tools("register_instance", id="me")
    await tools.refused("no_such_tool", anything="at all")
    await tools.refused("read_build_log", limit=0, build_id="b")
    await tools.refused("list_builds", project="kettle")
    _, unknown, wrong, misspelt = await tools.events()
    assert (unknown["tool_name"], unknown["success"]) == ("no_such_tool", False)
    assert wrong["error_message"].startswith("VALIDATION_FAILED: limit: ")
    assert misspelt["error_message"].startswith("list_builds has no argument 'project'; it has: project_id")


async def test_a_change_of_status_is_the_call_and_the_change(tools: Tools, millstream_client: Client) -> None:
    await tools("register_instance", id="me")
    await tools("update_instance_status", status="pr_created")
    await tools.refused("update_instance_status", status="started")
    refused, call, change = list(millstream_client.agents.list_mcp_events("me"))[:3]
    assert (change.tool_name, change.is_status_updating, change.status_change) == ("", True, PR_CREATED)
    assert (call.tool_name, call.is_status_updating, call.success) == ("update_instance_status", True, True)
    assert (refused.tool_name, refused.is_status_updating, refused.success) == ("update_instance_status", True, False)


async def test_secrets_and_long_arguments_are_not_kept(tools: Tools, millstream_client: Client) -> None:
    await tools("register_instance", id="me")
    token = "ghp_" + "a1B2" * 9
    metadata = {"api_key": "k-123", "note": f"used {token}", "rows": list(range(1_000)), "text": "y" * 3_000}
    await tools("log_event", tool_name="deploy", error_message="password=hunter22 failed", metadata=metadata)
    await tools.refused("search_build_logs", query="x" * 900, build_id="b", regex=True)
    kept = [str(event) for event in millstream_client.agents.list_mcp_events("me")]
    assert not any(token in text or "k-123" in text or "hunter22" in text for text in kept)
    _, logged, call, search = await tools.events()
    assert len(search["metadata"]["arguments"]["query"]) < 550
    assert call["metadata"]["arguments"]["metadata"]["rows"][-1] == "… (970 more)"
    assert logged["error_message"] == "password=[redacted] failed"
    assert logged["metadata"]["api_key"] == "[redacted]"


@pytest.fixture
def commit(tmp_path: Path) -> str:
    """The commit that is checked out in the folder of the test."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "-q"], ["commit", "-q", "--allow-empty", "-m", "first"]):
        subprocess.run([*git, *command], cwd=tmp_path, check=True, capture_output=True)
    shown = subprocess.run([*git, "rev-parse", "HEAD"], cwd=tmp_path, check=True, capture_output=True, text=True)
    return shown.stdout.strip()


async def test_an_event_tells_the_commit_of_the_worktree(tools: Tools, tmp_path: Path, commit: str) -> None:
    await tools("register_instance", id="me", worktree_path=str(tmp_path))
    assert (await tools("log_event", tool_name="run_tests"))["git_commit_hash"] == commit
    assert [event["git_commit_hash"] for event in await tools.events()] == [commit] * 3


async def test_an_event_is_logged_as_it_was_told(tools: Tools, millstream_client: Client) -> None:
    await tools("register_instance", id="me")
    logged = await tools(
        "log_event", tool_name="create_pr", success=False, error_message="refused", git_commit_hash="abc",
        metadata={"pr": 12, "files": ["a.c", "b.c"]},
    )  # fmt: skip
    assert (logged["tool_name"], logged["success"], logged["git_commit_hash"]) == ("create_pr", False, "abc")
    stored = next(event for event in millstream_client.agents.list_mcp_events("me") if event.id == logged["id"])
    assert stored.error_message == "refused"
    assert MessageToDict(stored.metadata) == {"pr": 12, "files": ["a.c", "b.c"]}


async def test_what_others_did_can_be_read(tools: Tools, millstream_client: Client) -> None:
    millstream_client.agents.create_instance(Instance(id="other"))
    for number in range(5):
        millstream_client.agents.log_mcp_event(McpEvent(instance_id="other", tool_name=f"step-{number}", success=True))
    listed = await tools("list_events", instance_id="other", limit=3)
    assert (names(listed["events"]), listed["more"]) == (["step-4", "step-3", "step-2"], True)
    assert (await tools.refused("list_events", instance_id="nobody")).startswith("INSTANCE_NOT_FOUND")


async def test_an_instance_that_was_deleted_keeps_no_tool_from_working(
    tools: Tools, millstream_client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    await tools("register_instance", id="me")
    millstream_client.agents.delete_instance("me")
    assert (await tools("list_projects"))["projects"] == []
    assert "the call of list_projects was not recorded" in caplog.text


async def test_a_fault_of_a_tool_ends_its_call_alone(
    millstream_service: MillstreamService, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def stumble(*_: object) -> NoReturn:
        raise RuntimeError("what nobody had thought of")

    async with in_one_task(served_here(millstream_service.address)) as tools:
        await tools("register_instance", id="me")
        monkeypatch.setattr(build_tools, "take", stumble)
        assert await tools.refused("list_builds") == "Error executing tool list_builds"  # and no more to a stranger
        monkeypatch.undo()
        assert (await tools("list_builds"))["builds"] == []
        assert [event["success"] for event in await tools.events()] == [True, False, True]
    assert "what nobody had thought of" in caplog.text


async def test_a_call_that_takes_too_long_is_ended(
    millstream_service: MillstreamService, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    record.build("build")
    async with in_one_task(served_here(millstream_service.address)) as tools:
        await tools("register_instance", id="me")
        monkeypatch.setattr(recorded_server, "CALL_SECONDS", 0.0)
        assert "took longer than 0 s: ask for less" in await tools.refused("find_failed_build")
        monkeypatch.undo()
        assert (await tools.events())[-1]["error_message"].startswith("find_failed_build took longer")


async def test_a_call_that_its_client_gave_up_is_recorded_as_that(
    millstream_service: MillstreamService, millstream_client: Client
) -> None:
    async with in_one_task(served_here(millstream_service.address)) as tools:
        await tools("register_instance", id="me")
        millstream_service.stop()
        with anyio.move_on_after(0.05):
            await tools.client.call_tool("list_projects", {})
        millstream_service.start()
        await tools("list_projects")

        def recorded() -> list[str]:
            return [event.error_message for event in millstream_client.agents.list_mcp_events("me")]

        await until(lambda: "cancelled by the client" in recorded(), "the call is recorded")


async def test_events_that_wait_are_bounded_and_keep_their_order(millstream_service: MillstreamService) -> None:
    async with AsyncClient(millstream_service.address) as client:
        await client.agents.create_instance(Instance(id="me"))
        events = EventLog(client)
        for number in range(MAX_WAITING + 5):
            events.keep(McpEvent(instance_id="me", tool_name=str(number), success=True))
        await events.log(McpEvent(instance_id="me", tool_name="last", success=True))
        stored = [event.tool_name async for event in client.agents.list_mcp_events("me", page_size=MAX_WAITING)]
    assert stored == ["last", *(str(number) for number in reversed(range(6, MAX_WAITING + 5)))]
