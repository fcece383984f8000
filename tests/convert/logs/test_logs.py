"""Lines put together from bytes are what protobuf itself would make, and a filter takes what it says."""

import pytest
from google.protobuf.internal import encoder
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from millstream.builds.v1.backend_service_pb2 import TailBuildLogsResponse
from millstream.builds.v1.build_log_pb2 import BuildLogEntry
from millstream_service.convert import wire
from millstream_service.convert.logs import logs
from millstream_service.convert.logs.logs import Entries, check_entries
from millstream_service.errors import ListTooLargeError, MessageTooLargeError, ValidationFailedError
from tests.convert.logs.made_lines import chunk_of, entries, line_of, texts
from tests.entities import INFO, at, entry


@given(number=st.integers(0, 2**63 - 1) | st.sampled_from([127, 128, 16_383, 16_384, 2**63 - 1]))
def test_a_varint_is_protobufs(number: int) -> None:
    assert wire.varint(number) == encoder._VarintBytes(number)  # type: ignore[attr-defined]


@given(made=st.lists(entries(), min_size=1, max_size=5), build_id=texts.filter(bool), first=st.integers(1, 2**60))
def test_lines_are_the_bytes_that_protobuf_makes(made: list[BuildLogEntry], build_id: str, first: int) -> None:
    lines = [line_of(one, build_id, seq) for seq, one in enumerate(made, first)]
    payload = b"".join(chunk.payload for chunk in check_entries(made).encoder(build_id)(first, 0))
    assert payload == TailBuildLogsResponse(build_logs=lines).SerializeToString()
    assert list(logs.lines_of(payload)) == lines
    assert logs.messages_of(lines) == payload


@pytest.mark.parametrize("first", [1, 9, 10, 99, 127, 128, 999, 16_383, 10**17])
def test_numbers_grow_a_digit_in_the_middle_of_a_batch(first: int) -> None:
    made = [entry(str(number)) for number in range(5)]
    [chunk] = check_entries(made).encoder("build")(first, 0)
    assert [line.id for line in logs.lines_of(chunk.payload)] == [f"build/{seq}" for seq in range(first, first + 5)]


@given(made=st.lists(entries(), min_size=2, max_size=6), data=st.data())
def test_entries_that_came_before_are_left_out(made: list[BuildLogEntry], data: st.DataObject) -> None:
    skip = data.draw(st.integers(0, len(made) - 1))
    encode = check_entries(made).encoder("build")
    assert encode(7, skip) == check_entries(made[skip:]).encoder("build")(7, 0)


@given(made=st.lists(entries(), max_size=3), revision=st.integers(0, 2**62), last=st.integers(0, 2**62))
def test_a_tails_message_is_put_together_from_payloads(made: list[BuildLogEntry], revision: int, last: int) -> None:
    payloads = [chunk_of(one, first_seq=seq).payload for seq, one in enumerate(made, 1)]
    message = TailBuildLogsResponse.FromString(logs.tail_message(logs.tail_head(revision), last, payloads))
    assert (message.position.revision, message.last_seq) == (revision, last)
    assert list(message.build_logs) == [line_of(one, "build", seq) for seq, one in enumerate(made, 1)]


def test_an_entry_without_level_and_time_gets_them() -> None:
    [line] = logs.lines_of(chunk_of(BuildLogEntry(content="text")).payload)
    assert (line.level, line.content, line.HasField("category")) == (INFO, "text", False)
    assert line.created_at.seconds > at(-(10**9)).seconds


def test_fields_that_a_newer_client_knows_make_no_other_line() -> None:
    unknown = BuildLogEntry.FromString(entry("text").SerializeToString() + b"\xa2\x06\x03new")
    [line] = logs.lines_of(chunk_of(unknown).payload)
    assert (line.id, line.seq, line.content) == ("build/1", 1, "text")


BAD = {
    "entries[1].level": entry(level=9),
    "entries[1].category": entry(category="two\nlines"),
    "entries[1].created_at": entry(created_at=Timestamp(seconds=1, nanos=-1)),
}


@pytest.mark.parametrize("path", BAD)
def test_an_entry_at_fault_is_named(path: str) -> None:
    with pytest.raises(ValidationFailedError) as caught:
        check_entries([entry(), BAD[path]])
    assert caught.value.field == path


@pytest.mark.parametrize("seconds", [-(2**62), -9_223_372_037, 9_223_372_037, 2**62])
def test_a_time_that_the_store_can_not_hold_is_refused(seconds: int) -> None:
    with pytest.raises(ValidationFailedError):
        check_entries([entry(created_at=Timestamp(seconds=seconds))])


def test_a_line_has_a_most_of_bytes() -> None:
    assert check_entries([entry("ü" * (logs.LINE_BYTES // 2))]).size > logs.LINE_BYTES
    with pytest.raises(MessageTooLargeError) as caught:
        check_entries([entry(), entry("ü" * (logs.LINE_BYTES // 2) + "x")])
    assert caught.value.field == "entries[1].content"
    assert caught.value.metadata["size"] == str(logs.LINE_BYTES + 1)


def test_a_batch_has_a_most_of_entries() -> None:
    most = [BuildLogEntry()] * logs.MAX_ENTRIES
    assert len(check_entries(most).parts) == logs.MAX_ENTRIES
    with pytest.raises(ListTooLargeError):
        check_entries([*most, BuildLogEntry()])


def test_entries_know_their_size() -> None:
    assert Entries([b"12", b"345"], [INFO, INFO], ["", ""]).size == 5
