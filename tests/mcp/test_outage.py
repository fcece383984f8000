"""The service may be away when the server starts, go away, and come back: the server stays."""

from pathlib import Path

import pytest

from millstream import Client
from millstream.testing import MillstreamService
from tests.mcp.conftest import Record
from tests.mcp.tools import served_by_process

pytestmark = pytest.mark.slow


async def test_the_server_outlives_a_restart_of_the_service(
    tmp_path: Path, millstream_service: MillstreamService, record: Record
) -> None:
    record.build("build")
    async with served_by_process(tmp_path, "--address", millstream_service.address) as tools:
        await tools("register_instance", id="me")
        millstream_service.restart()
        assert (await tools("find_failed_build"))["build"]["id"] == "build"
        millstream_service.stop()
        for _ in range(2):
            said = await tools.refused("find_failed_build")
            assert said.startswith(f"UNAVAILABLE: the Millstream service at {millstream_service.address} is away")
        assert "millstream serve --listen" in said
        millstream_service.start()
        assert (await tools("find_failed_build"))["build"]["id"] == "build"
        events = await tools.events()
    # what was called while it was away is recorded, too: in order, once, with the time of the call
    assert [(event["tool_name"], event["success"]) for event in events] == [
        ("register_instance", True),
        ("find_failed_build", True),
        ("find_failed_build", False),
        ("find_failed_build", False),
        ("find_failed_build", True),
    ]
    assert [event["timestamp"] for event in events] == sorted(event["timestamp"] for event in events)


async def test_a_named_service_need_not_be_there_at_the_start(
    tmp_path: Path, millstream_service: MillstreamService
) -> None:
    millstream_service.stop()
    async with served_by_process(tmp_path, "--address", millstream_service.address) as tools:
        assert (await tools.refused("list_projects")).startswith("UNAVAILABLE")
        millstream_service.start()
        assert (await tools("list_projects"))["projects"] == []


async def test_what_waits_is_sent_when_the_session_ends(
    tmp_path: Path, millstream_service: MillstreamService, millstream_client: Client
) -> None:
    async with served_by_process(tmp_path, "--address", millstream_service.address) as tools:
        await tools("register_instance", id="me")
        millstream_service.stop()
        await tools.refused("list_projects")
        millstream_service.start()
        millstream_client.agents.get_instance("me")  # it is back
    assert [event.tool_name for event in millstream_client.agents.list_mcp_events("me")] == [
        "list_projects",
        "register_instance",
    ]


async def test_without_a_service_it_opens_the_database_itself(
    tmp_path: Path, millstream_service: MillstreamService, record: Record
) -> None:
    record.build("build")
    database = millstream_service.database_url
    async with served_by_process(tmp_path, "--db", database) as tools:
        assert (await tools("find_failed_build"))["build"]["id"] == "build"
    assert (tmp_path / "stderr.txt").read_text() == ""
