"""Every line that was written is stored once, in order, whatever happens to the call; memory stays bounded."""

import asyncio
import time
from datetime import UTC, datetime

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from millstream import AsyncClient, BuildLogEntry, BuildLogLevel, errors
from millstream.log_writing.buffer import MAX_LINE_BYTES, LogBuffer
from millstream.log_writing.entry_buffer import MAX_BATCH_ENTRIES, MAX_BUFFERED_BYTES
from tests.clients.conftest import QUICK
from tests.clients.log_store import Fault, LogStore
from tests.clients.scripted_service import ScriptedService, stream

WARNING = BuildLogLevel.BUILD_LOG_LEVEL_WARNING
INFO = BuildLogLevel.BUILD_LOG_LEVEL_INFO


async def test_lines_arrive_as_they_were_written(scripted: ScriptedService, client: AsyncClient) -> None:
    store = LogStore()
    scripted.script("AppendBuildLogs", store)
    moment = datetime(2024, 5, 6, 7, 8, 9, 250_000, tzinfo=UTC)
    before = time.time()
    async with client.builds.log_writer("b1") as log:
        assert await log.write("one") == 1
        assert await log.write("zwei ß", WARNING, "stderr", moment) == 2
        assert await log.write_entry(BuildLogEntry(content="", level=WARNING, created_at=Timestamp(seconds=9))) == 3
        assert await log.write_many(["four", "five"]) == 5
        assert log.last_entry == 5
        await log.flush()
        assert log.durable_entry == 5
    one, two, three, four, five = store.lines
    assert (one.content, one.level, one.HasField("category")) == ("one", INFO, False)
    assert before - 1 < one.created_at.ToNanoseconds() / 1e9 < time.time() + 1
    assert (two.content, two.level, two.category) == ("zwei ß", WARNING, "stderr")
    assert two.created_at.ToDatetime(UTC) == moment
    assert three == BuildLogEntry(content="", level=WARNING, created_at=Timestamp(seconds=9))
    assert (four.content, five.content) == ("four", "five")


async def test_a_quiet_line_goes_out_by_itself(scripted: ScriptedService, client: AsyncClient) -> None:
    store = LogStore()
    scripted.script("AppendBuildLogs", store)
    async with client.builds.log_writer("b1") as log:
        await log.write("alone")
        async with asyncio.timeout(10):
            while log.durable_entry < 1:
                await log._sender.wait_for_progress()
        assert store.contents == ["alone"]


async def test_lines_go_out_in_batches(scripted: ScriptedService, client: AsyncClient) -> None:
    store = LogStore()
    scripted.script("AppendBuildLogs", store)
    async with client.builds.log_writer("b1") as log:
        await log.write_many(str(number) for number in range(10_000))
    assert store.contents == [str(number) for number in range(10_000)]
    assert max(store.batches) == MAX_BATCH_ENTRIES
    assert len(store.batches) < 20
    assert len(scripted.requests["AppendBuildLogs"]) == 1


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault is not Fault.REFUSED])
async def test_a_broken_call_loses_and_repeats_nothing(
    scripted: ScriptedService, client: AsyncClient, fault: Fault
) -> None:
    store = LogStore(None, fault, None, None, fault, fault)
    scripted.script("AppendBuildLogs", store)
    async with client.builds.log_writer("b1") as log:
        await log.write_many(str(number) for number in range(7_500))
    assert store.contents == [str(number) for number in range(7_500)]
    assert not store.faults


async def test_a_break_in_a_quiet_time_is_no_trouble(scripted: ScriptedService, client: AsyncClient) -> None:
    store = LogStore()
    scripted.script("AppendBuildLogs", store)
    async with client.builds.log_writer("b1") as log:
        await log.write("before")
        await log.flush()
        await scripted.stop()
        await scripted.start()
        await log.write("after")
    assert store.contents == ["before", "after"]


async def test_a_service_that_is_away_is_waited_for(scripted: ScriptedService, client: AsyncClient) -> None:
    store = LogStore()
    scripted.script("AppendBuildLogs", store)
    await scripted.stop()
    async with client.builds.log_writer("b1") as log:
        await log.write("early")
        with pytest.raises(errors.DeadlineExceededError, match="1 lines are not durable yet"):
            await log.flush(timeout=0.2)
        failure = log.last_failure
        assert isinstance(failure, errors.NotConnectedError)
        await scripted.start()
        await log.flush(timeout=10)
    assert log.last_failure is None
    assert store.contents == ["early"]


class TestRefusal:
    async def test_what_is_refused_for_good_is_raised(self, scripted: ScriptedService, client: AsyncClient) -> None:
        scripted.script("AppendBuildLogs", stream(then=(grpc.StatusCode.NOT_FOUND, "BUILD_NOT_FOUND")))
        log = client.builds.log_writer("b1")
        await log.write("one")
        with pytest.raises(errors.BuildNotFoundError):
            await log.flush()
        with pytest.raises(errors.BuildNotFoundError):
            await log.write("two")
        with pytest.raises(errors.BuildNotFoundError):
            await log.close()
        await log.close()

    async def test_leaving_the_block_raises_it(self, scripted: ScriptedService, client: AsyncClient) -> None:
        scripted.script("AppendBuildLogs", stream(then=(grpc.StatusCode.NOT_FOUND, "BUILD_NOT_FOUND")))
        with pytest.raises(errors.BuildNotFoundError):
            async with client.builds.log_writer("b1") as log:
                await log.write("one")

    async def test_it_does_not_hide_another_error(self, scripted: ScriptedService, client: AsyncClient) -> None:
        scripted.script("AppendBuildLogs", stream(then=(grpc.StatusCode.NOT_FOUND, "BUILD_NOT_FOUND")))
        with pytest.raises(KeyError):  # noqa: PT012 - leaving the block raises
            async with client.builds.log_writer("b1") as log:
                await log.write("one")
                raise KeyError

    async def test_the_reason_is_known_whatever_else_is_under_way(
        self, scripted: ScriptedService, client: AsyncClient
    ) -> None:
        store = LogStore(None, None, Fault.REFUSED, *[Fault.REFUSED] * 50)
        scripted.script("AppendBuildLogs", store)
        log = client.builds.log_writer("b1")
        with pytest.raises(errors.ValidationFailedError):  # noqa: PT012 - the write or the flush, whichever is first
            await log.write_many(str(number) for number in range(20_000))
            await log.flush()
        assert log.durable_entry == len(store.contents) == 2_000
        with pytest.raises(errors.ValidationFailedError):
            await log.close()

    async def test_a_gap_that_can_be_filled_is_filled(self, scripted: ScriptedService, client: AsyncClient) -> None:
        store = LogStore()
        scripted.script(
            "AppendBuildLogs",
            stream(then=(grpc.StatusCode.FAILED_PRECONDITION, "ENTRY_GAP", {"expected_entry": "1"})),
            store,
        )
        async with client.builds.log_writer("b1") as log:
            await log.write_many(["one", "two"])
        assert store.contents == ["one", "two"]

    async def test_a_gap_that_can_not_is_raised(self, scripted: ScriptedService, client: AsyncClient) -> None:
        scripted.script("AppendBuildLogs", LogStore())
        log = client.builds.log_writer("b1", "w1", first_entry=5)
        await log.write("five")
        with pytest.raises(errors.EntryGapError) as caught:
            await log.close()
        assert caught.value.metadata["expected_entry"] == "1"


class TestCounting:
    async def test_a_writer_goes_on_with_its_count(self, scripted: ScriptedService, client: AsyncClient) -> None:
        store = LogStore()
        scripted.script("AppendBuildLogs", store)
        async with client.builds.log_writer("b1", "w1") as log:
            await log.write_many(["one", "two"])
        async with client.builds.log_writer("b1", "w1", first_entry=2) as log:
            assert log.durable_entry == 1
            assert await log.write("two") == 2
            assert await log.write("three") == 3
        assert store.contents == ["one", "two", "three"]

    async def test_each_writer_has_a_name_of_its_own(self, client: AsyncClient) -> None:
        assert client.builds.log_writer("b1").writer_id != client.builds.log_writer("b1").writer_id

    def test_a_count_begins_at_1(self, client: AsyncClient) -> None:
        with pytest.raises(ValueError, match="counts from 1"):
            client.builds.log_writer("b1", first_entry=0)


class TestBounds:
    async def test_a_line_that_is_too_long_is_refused_at_once(self, client: AsyncClient) -> None:
        log = client.builds.log_writer("b1")
        with pytest.raises(errors.MessageTooLargeError, match="1,048,576") as caught:
            await log.write("é" * (MAX_LINE_BYTES // 2 + 1))
        assert caught.value.metadata == {"limit": "1048576", "size": "1048578"}
        assert log.last_entry == 0

    async def test_the_longest_lines_pass(self, scripted: ScriptedService, client: AsyncClient) -> None:
        store = LogStore()
        scripted.script("AppendBuildLogs", store)
        async with client.builds.log_writer("b1") as log:
            await log.write_many(["x" * MAX_LINE_BYTES] * 12)
        assert [len(content) for content in store.contents] == [MAX_LINE_BYTES] * 12

    async def test_text_that_is_no_utf8_is_refused_at_once(
        self, scripted: ScriptedService, client: AsyncClient
    ) -> None:
        store = LogStore()
        scripted.script("AppendBuildLogs", store)
        async with client.builds.log_writer("b1") as log:
            with pytest.raises(ValueError, match="surrogates"):
                await log.write("\udcff")
            with pytest.raises((TypeError, ValueError)):
                await log.write("text", category=7)  # type: ignore[arg-type]
            await log.write("good")
        assert store.contents == ["good"]

    async def test_a_full_buffer_waits(self, scripted: ScriptedService, client: AsyncClient) -> None:
        store = LogStore()
        store.gate.clear()
        scripted.script("AppendBuildLogs", store)
        async with client.builds.log_writer("b1") as log:
            lines = ("x" * 1_000 for _ in range(12_000))
            writing = asyncio.create_task(log.write_many(lines))
            await asyncio.wait({writing}, timeout=0.2)
            assert not writing.done()
            assert MAX_BUFFERED_BYTES * 0.9 < log.last_entry * 1_000 <= MAX_BUFFERED_BYTES
            store.gate.set()
            await writing
        assert len(store.contents) == 12_000

    async def test_while_it_waits_it_does_not_make_small_batches(
        self, scripted: ScriptedService, client: AsyncClient
    ) -> None:
        buffer = LogBuffer("b1", "w1", 1, lambda: None)
        buffer.add("sealed", INFO)
        buffer.seal()
        buffer.add("open", INFO)
        assert buffer.open_age() is None, "others go first"
        assert buffer.next_batch(1) is not None
        assert buffer.open_age() is not None


class TestEnding:
    async def test_it_can_be_closed_without_a_line(self, client: AsyncClient) -> None:
        async with client.builds.log_writer("b1") as log:
            pass
        with pytest.raises(errors.ClientClosedError):
            await log.write("late")

    async def test_closing_has_a_timeout(self, scripted: ScriptedService, client: AsyncClient) -> None:
        store = LogStore()
        store.gate.clear()
        scripted.script("AppendBuildLogs", store)
        log = client.builds.log_writer("b1")
        await log.write("one")
        with pytest.raises(errors.DeadlineExceededError, match="not durable"):
            await log.close(timeout=0.1)
        await scripted.until(lambda: scripted.active["AppendBuildLogs"] == 0)

    async def test_closing_the_client_ends_it(self, scripted: ScriptedService) -> None:
        store = LogStore()
        store.gate.clear()
        scripted.script("AppendBuildLogs", store)
        client = AsyncClient(scripted.address, retry=QUICK)
        log = client.builds.log_writer("b1")
        await log.write("one")
        flushing = asyncio.create_task(log.flush())
        await scripted.until(lambda: bool(scripted.active["AppendBuildLogs"]))
        await client.close()
        with pytest.raises(errors.ClientClosedError):
            await flushing
        await log.close()
