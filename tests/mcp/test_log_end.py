"""The end of a log is found, however long the log is."""

import pytest

from millstream import AsyncClient
from millstream.mcp.logs import log_end
from millstream.testing import MillstreamService
from tests.entities import entry
from tests.mcp.conftest import Record
from tests.mcp.tools import Tools


@pytest.fixture(autouse=True)
def _everything_is_far(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_end, "NEAR", 4)


@pytest.mark.parametrize("deleted", [0, 37])
@pytest.mark.parametrize("length", [1, 2, 4, 5, 6, 8, 9, 17, 33, 100, 1_000])
async def test_the_end_is_near(
    millstream_service: MillstreamService, record: Record, length: int, deleted: int
) -> None:
    record.build("build", lines=[entry("gone")] * deleted)
    record.client.builds.delete_build_logs("build")
    with record.client.builds.log_writer("build") as log:
        for _ in range(length):
            log.write("stays")
    async with AsyncClient(millstream_service.address) as client:
        first_seq, near_end = await log_end.extent(client, "build")
    assert first_seq == deleted + 1
    assert near_end <= deleted + length < near_end + 4


async def test_a_log_without_lines_has_none(millstream_service: MillstreamService, record: Record) -> None:
    record.build("build")
    async with AsyncClient(millstream_service.address) as client:
        assert await log_end.extent(client, "build") == (0, 0)


async def test_pages_and_counts_are_those_of_a_log_that_is_read_whole(tools: Tools, record: Record) -> None:
    record.build("build", lines=[entry(str(seq)) for seq in range(1, 101)])
    read: list[int] = []
    page = await tools("read_build_log", build_id="build", limit=7, before_seq=1_000_000)
    while page["lines"]:
        read = [line["seq"] for line in page["lines"]] + read
        if "next_before_seq" not in page:
            break
        page = await tools("read_build_log", build_id="build", limit=7, before_seq=page["next_before_seq"])
    assert read == list(range(1, 101))
    found = await tools("get_build", build_id="build")
    assert found["log"] == {"lines": 100, "errors": 0, "warnings": 0, "last_seq": 100}
    assert [line["seq"] for line in found["last_lines"]] == list(range(81, 101))
