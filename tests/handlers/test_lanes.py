"""Which lane the reads of an RPC take: those of its kind, and no other's. That lanes do not hold up each other is the
store's promise (`tests/store/database/test_database.py`).
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import grpc
import pytest

from millstream.agents.v1 import agent_service_pb2 as agents_pb
from millstream.builds.v1 import backend_service_pb2 as pb
from millstream.common.v1 import change_service_pb2 as changes_pb
from millstream_service.store.database.lanes import Lane, Lanes
from tests import entities
from tests.handlers.agents import entities as agents_entities
from tests.recorder import Recorder
from tests.stubs import Agents, Backend, Changes

pytestmark = pytest.mark.dialects


@pytest.fixture
async def lanes(stub: Backend, monkeypatch: pytest.MonkeyPatch) -> Counter[Lane]:
    """Counts what runs in each lane, once there is a build with some lines."""
    await entities.add_build(stub)
    await entities.append_texts(stub, "one", "two")
    run, counted = Lanes.run, Counter[Lane]()

    async def counting(self: Lanes, lane: Lane, work: Callable[[], Any]) -> Any:
        counted[lane] += lane is not Lane.UPKEEP  # which may come at any time
        return await run(self, lane, work)

    monkeypatch.setattr(Lanes, "run", counting)
    return counted


def read_in(lanes: Counter[Lane]) -> set[Lane]:
    """Return the lanes that were used, but for that in which the service itself looks at what was committed."""
    return set(+lanes) - {Lane.WATCHED}


async def test_a_tail_reads_pages(lanes: Counter[Lane], stub: Backend) -> None:
    async with Recorder[Any](stub.TailBuildLogs(pb.TailBuildLogsRequest(build_id="build"))) as recorder:
        await recorder.end()
        assert recorder.messages
    assert read_in(lanes) == {Lane.PAGES}


async def test_a_feed_of_changes_reads_pages(lanes: Counter[Lane], changes: Changes) -> None:
    async with Recorder[Any](changes.StreamChanges(changes_pb.StreamChangesRequest())) as recorder:
        await recorder.has(2)
    assert read_in(lanes) == {Lane.PAGES}


async def test_a_tail_of_events_reads_pages(lanes: Counter[Lane], agents: Agents) -> None:
    await agents_entities.create(agents, agents_entities.instance())
    await agents_entities.log(agents, agents_entities.event())
    lanes.clear()
    async with Recorder[Any](agents.StreamMcpEvents(agents_pb.StreamMcpEventsRequest())) as recorder:
        await recorder.has(1)
    assert read_in(lanes) == {Lane.PAGES}


async def test_a_search_reads_in_a_lane_of_searches(lanes: Counter[Lane], stub: Backend) -> None:
    async with Recorder[Any](
        stub.SearchBuildLogs(pb.SearchBuildLogsRequest(build_id="build", query="one"))
    ) as recorder:
        await recorder.end()
        assert recorder.messages
    assert Lane.SEARCHES in +lanes
    assert read_in(lanes) <= {Lane.SEARCHES, Lane.SHORT}


async def test_a_list_from_many_places_is_looked_at_and_read_among_its_like(
    lanes: Counter[Lane], stub: Backend
) -> None:
    """Twenty such requests at once would keep the loop from everything else until all of them are checked."""
    await stub.ListBuilds(pb.ListBuildsRequest(scheme_ids=[f"scheme-{number}" for number in range(1_000)]))
    assert read_in(lanes) == {Lane.MESSAGES, Lane.LISTS}
    with pytest.raises(grpc.aio.AioRpcError, match=r"scheme_ids\[999\]"):
        await stub.ListBuilds(pb.ListBuildsRequest(scheme_ids=[*map(str, range(999)), "\n"]))


async def test_a_row_is_a_short_read(lanes: Counter[Lane], stub: Backend) -> None:
    await stub.GetBuild(pb.GetBuildRequest(id="build"))
    await stub.GetProject(pb.GetProjectRequest(id="app"))
    assert read_in(lanes) == {Lane.SHORT}


async def test_what_is_watched_is_read_first_and_then_again(lanes: Counter[Lane], stub: Backend) -> None:
    async with Recorder[Any](stub.StreamBuild(pb.StreamBuildRequest(id="build"))) as recorder:
        await recorder.next()
        assert read_in(lanes) == {Lane.FIRST}
        await stub.UpdateBuild(pb.UpdateBuildRequest(build=entities.build(progress=0.5)))
        await recorder.next()
    assert set(+lanes) == {Lane.FIRST, Lane.WATCHED}
