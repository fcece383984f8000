"""Every event that was written is logged once, in order, whatever happens to the call; memory stays bounded.

What it shares with a log's writer is tested there: see test_log_writer.
"""

import asyncio
import time

import grpc
import pytest

from millstream import AsyncClient, Client, McpEvent, errors
from millstream.agents.event_buffer import MAX_ERROR_BYTES, MAX_METADATA_BYTES
from millstream.log_writing.entry_buffer import MAX_BATCH_ENTRIES, MAX_BUFFERED_BYTES
from tests.clients.log_store import EventStore, Fault
from tests.clients.scripted_service import ScriptedService, stream
from tests.deadline import until

RPC = "AppendMcpEvents"


def events(count: int) -> list[McpEvent]:
    return [McpEvent(tool_name=str(number), success=True) for number in range(count)]


def nested(depth: int) -> McpEvent:
    event = McpEvent()
    inner = event.metadata
    for _ in range(depth):
        inner = inner.get_or_create_struct("a")
    return event


async def test_events_arrive_as_they_were_written(scripted: ScriptedService, client: AsyncClient) -> None:
    store = EventStore()
    scripted.script(RPC, store)
    whole = McpEvent(instance_id="i1", tool_name="edit", success=True, metadata={"file": "main.py"})
    whole.timestamp.FromSeconds(9)
    bare = McpEvent(id=99, tool_name="bare")
    before = time.time()
    async with client.agents.event_writer("i1", "w1") as log:
        assert (log.instance_id, log.writer_id, log.durable_entry) == ("i1", "w1", 0)
        assert await log.write(whole) == 1
        assert await log.write(bare) == 2
        await log.flush()
        assert (log.durable_entry, log.last_entry) == (2, 2)
    first, second = store.events
    whole.ClearField("instance_id")
    assert first == whole, "the batch names the instance"
    assert before - 1 < second.timestamp.ToNanoseconds() / 1e9 < time.time() + 1
    second.ClearField("timestamp")
    assert second == McpEvent(tool_name="bare")
    assert bare == McpEvent(id=99, tool_name="bare"), "what is written is a copy"
    assert store.durable == {("i1", "w1"): 2}


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.REFUSED])
async def test_a_broken_call_loses_and_repeats_nothing(
    scripted: ScriptedService, client: AsyncClient, fault: Fault
) -> None:
    store = EventStore(None, fault, None, None, fault, fault)
    scripted.script(RPC, store)
    async with client.agents.event_writer("i1") as log:
        assert await log.write_many(events(7_500)) == 7_500
    assert store.names == [str(number) for number in range(7_500)]
    assert max(store.batches) == MAX_BATCH_ENTRIES
    assert not store.faults


async def test_a_service_that_is_away_is_waited_for(scripted: ScriptedService, client: AsyncClient) -> None:
    store = EventStore()
    scripted.script(RPC, store)
    await scripted.stop()
    async with client.agents.event_writer("i1") as log:
        await log.write_many(events(2))
        with pytest.raises(errors.DeadlineExceededError, match="2 events are not durable yet"):
            await log.flush(timeout=0.2)
        await scripted.start()
        await log.flush(timeout=10)
    assert store.names == ["0", "1"]


async def test_an_earlier_count_is_gone_on_with(scripted: ScriptedService, client: AsyncClient) -> None:
    store = EventStore()
    scripted.script(RPC, store)
    for first in (1, 3):
        async with client.agents.event_writer("i1", "w1", first) as log:
            await log.write_many(events(2))
    assert store.names == ["0", "1", "0", "1"]
    with pytest.raises(ValueError, match="first_entry"):
        client.agents.event_writer("i1", "w1", 0)


async def test_it_waits_where_there_is_no_room(scripted: ScriptedService, client: AsyncClient) -> None:
    store = EventStore()
    store.gate.clear()
    scripted.script(RPC, store)
    large = McpEvent(tool_name="large", error_message="x" * MAX_ERROR_BYTES)
    count = MAX_BUFFERED_BYTES // MAX_ERROR_BYTES + 10
    async with client.agents.event_writer("i1") as log:
        writing = asyncio.create_task(log.write_many([large] * count))
        full = MAX_BUFFERED_BYTES // MAX_ERROR_BYTES - 2
        await until(lambda: log.last_entry >= full, "the buffer to be full")
        assert not (await asyncio.wait({writing}, timeout=0.1))[0]
        assert log.last_entry < count
        store.gate.set()
        assert await writing == count
    assert len(store.events) == count


async def test_what_can_never_be_logged_is_refused_at_once(scripted: ScriptedService, client: AsyncClient) -> None:
    store = EventStore()
    scripted.script(RPC, store)
    async with client.agents.event_writer("i1") as log:
        with pytest.raises(errors.MessageTooLargeError, match="error message"):
            await log.write(McpEvent(error_message="ß" * MAX_ERROR_BYTES))
        with pytest.raises(errors.MessageTooLargeError, match="metadata"):
            await log.write(McpEvent(metadata={"x": "x" * MAX_METADATA_BYTES}))
        with pytest.raises(ValueError, match="i2"):
            await log.write(McpEvent(instance_id="i2"))
        with pytest.raises(ValueError, match="deep"):
            await log.write(nested(33))
        assert await log.write(nested(32)) == 1
    assert store.events[0].metadata == nested(32).metadata


async def test_what_the_service_refuses_for_good_is_raised(scripted: ScriptedService, client: AsyncClient) -> None:
    scripted.script(RPC, stream(then=(grpc.StatusCode.NOT_FOUND, "INSTANCE_NOT_FOUND")))
    log = client.agents.event_writer("i1")
    await log.write(McpEvent())
    for use in (log.flush, lambda: log.write(McpEvent()), log.close):
        with pytest.raises(errors.InstanceNotFoundError):
            await use()


async def test_a_closed_client_ends_its_writers(scripted: ScriptedService) -> None:
    scripted.script(RPC, EventStore())
    client = AsyncClient(scripted.address)
    log = client.agents.event_writer("i1")
    await log.write(McpEvent())
    await client.close()
    with pytest.raises(errors.ClientClosedError, match="closed before its event writer"):
        await log.write(McpEvent())


async def test_the_blocking_writer_does_the_same(scripted: ScriptedService) -> None:
    store = EventStore(None, Fault.LOST_AFTER)
    scripted.script(RPC, store)

    def write() -> None:
        with Client(scripted.address) as client, client.agents.event_writer("i1") as log:
            assert log.write(McpEvent(tool_name="first")) == 1
            log.flush()
            assert (log.durable_entry, log.last_failure) == (1, None)
            assert log.write_many(events(3_000)) == 3_001

    await asyncio.to_thread(write)
    assert store.names == ["first", *(str(number) for number in range(3_000))]
