"""Whatever is sent, the memory that it took comes back."""

from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from millstream_service.convert.wire import varint
from tests.deadline import until
from tests.faults.limits.http2 import connected
from tests.faults.service_process import ServiceProcess
from tests.refusal import Refusal, refused

MEBIBYTE = 1 << 20
STREAMS = 20_000
AGENTS, BACKEND = "/millstream.agents.v1.AgentService", "/millstream.builds.v1.BackendService"
ISSUES = b"\x0a\x00" * 4_190_000
ENTRIES = b"\x0a\x01b\x12\x01w\x18\x01" + b"\x22\x00" * 4_000_000


@pytest.fixture
async def channel(service: ServiceProcess) -> AsyncIterator[Any]:
    """A channel whose calls take bytes as they are: its stubs say that they take nothing."""
    async with grpc.aio.insecure_channel(service.address) as channel:
        raw: Any = channel
        await raw.unary_unary(f"{BACKEND}/ListProjects")(b"")
        yield raw


async def test_lists_of_millions_of_nothing_leave_nothing_behind(service: ServiceProcess, channel: Any) -> None:
    before = service.memory
    for _ in range(8):
        refusal = await refused(channel.unary_unary(f"{AGENTS}/SyncGitHubIssues")(ISSUES))
        assert (refusal.reason, refusal.fields) == ("LIST_TOO_LARGE", ("github_issues",))
        refusal = await refused(channel.stream_stream(f"{BACKEND}/AppendBuildLogs")(iter([ENTRIES])))
        assert (refusal.reason, refusal.fields) == ("LIST_TOO_LARGE", ("entries",))
        assert service.memory < before + 100 * MEBIBYTE, "nor does one of them take much"
    await until(lambda: service.memory < before + 20 * MEBIBYTE, "the memory is back")


async def test_metadata_of_megabytes_is_refused_by_its_size(channel: Any) -> None:
    fields = b"".join(b"\x0a\x0d\x0a\x07%07d\x12\x02\x20\x01" % number for number in range(500_000))
    event = b"\x32" + varint(len(fields)) + fields
    refusal: Refusal = await refused(channel.unary_unary(f"{AGENTS}/LogMcpEvent")(b"\x0a" + varint(len(event)) + event))
    assert (refusal.reason, refusal.fields) == ("MESSAGE_TOO_LARGE", ("request",))
    assert int(refusal.metadata["size"]) > 7_000_000 > int(refusal.metadata["limit"])


async def test_streams_that_are_opened_and_reset_leave_nothing_behind(service: ServiceProcess, channel: Any) -> None:
    before = service.memory
    async with connected(service.address) as connection:
        await connection.reset_streams(f"{BACKEND}/StreamBuild", b"\x0a\x01b", STREAMS)
        await connection.ping(1)
        await channel.unary_unary(f"{BACKEND}/ListProjects")(b"")  # its turn comes after theirs
    await until(lambda: service.memory < before + 80 * MEBIBYTE, "the memory is back")
    service.stop()
    assert "Traceback" not in service.errors
