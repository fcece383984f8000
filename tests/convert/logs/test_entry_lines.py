"""Entries that are taken at once are as if each had been looked at; their lines are those that protobuf makes."""

from typing import Any
from unittest.mock import patch

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from millstream.builds.v1.backend_service_pb2 import AppendBuildLogsRequest, TailBuildLogsResponse
from millstream.builds.v1.build_log_pb2 import BuildLogEntry
from millstream_service.convert.logs import logs
from millstream_service.convert.logs.entry_lines import lines, plain_lines, take, take_nothing
from millstream_service.errors import MillstreamServiceError
from tests.convert.logs.made_lines import CATEGORIES, entries, line_of, texts
from tests.entities import INFO, WARNING, entry

WAYS = [pytest.param(lines, id="compiled"), pytest.param(plain_lines, id="plain")]
NOW = b"\x3a\x02\x08\x05"
compiled_only = pytest.mark.skipif(take is take_nothing, reason="nothing was compiled")


@st.composite
def odd_entries(draw: st.DrawFn) -> BuildLogEntry:
    """Return entries as a client may send them, good and bad."""
    made = BuildLogEntry(content=draw(texts), level=draw(st.integers(0, 6) | st.just(-1)))  # type: ignore[arg-type]
    category = draw(st.none() | CATEGORIES | st.sampled_from(["a\nb", "x" * 255, "x" * 256, "\x7f", "~ !"]))
    if category is not None:
        made.category = category
    seconds = st.sampled_from([-1, 0, 1, 2**35, 8_999_999_999, 9_000_000_000, 9_223_372_037])
    if draw(st.booleans()):
        nanos = draw(st.sampled_from([-1, 0, 1, 999_999_999, 1_000_000_000]))
        made.created_at.CopyFrom(Timestamp(seconds=draw(seconds), nanos=nanos))
    unknown = draw(st.sampled_from([b"", b"", b"", b"\xa2\x06\x03new", b"\x40\x01"]))
    return BuildLogEntry.FromString(made.SerializeToString() + unknown)


def outcome(check: Any, *given_to_it: Any) -> Any:
    try:
        return check(*given_to_it)
    except MillstreamServiceError as error:
        return type(error), str(error), error.metadata


@given(made=st.lists(entries() | odd_entries(), max_size=4), before=st.sampled_from(["", "build"]))
def test_a_batch_is_as_if_each_of_its_entries_had_been_looked_at(made: list[BuildLogEntry], before: str) -> None:
    request = AppendBuildLogsRequest(build_id=before, writer_id=before, first_entry=len(before), entries=made)
    with patch.object(logs, "_now", return_value=NOW):
        assert outcome(logs.check_batch, request) == outcome(logs.check_entries, request.entries)


@pytest.mark.parametrize("more", [-100, -1, 0, 1, 2])
def test_a_batch_has_the_limits_of_its_entries(more: int) -> None:
    long = [entry("first"), entry("x" * (logs.LINE_BYTES + more))]
    many = [BuildLogEntry()] * (logs.MAX_ENTRIES + more)
    for made in (long, many):
        request = AppendBuildLogsRequest(entries=made)
        with patch.object(logs, "_now", return_value=NOW):
            assert outcome(logs.check_batch, request) == outcome(logs.check_entries, request.entries)


@compiled_only
def test_what_clients_usually_send_is_taken_at_once() -> None:
    usual = [
        entry("text", level=WARNING, category="compile"),
        BuildLogEntry(content="neither level nor time"),
        entry("", category="compile"),
        entry("ünïcode", category="link"),
        BuildLogEntry(),
    ]
    found = take(AppendBuildLogsRequest(build_id="b", first_entry=300, entries=usual).SerializeToString(), NOW)
    assert found is not None
    parts, levels, categories = found
    assert [BuildLogEntry.FromString(part).content for part in parts] == [one.content for one in usual]
    assert levels == [WARNING, INFO, INFO, INFO, INFO]
    assert categories == ["compile", "", "compile", "link", ""]


@given(made=st.lists(entries(), max_size=2), data=st.data())
def test_bytes_of_any_kind_are_taken_or_not(made: list[BuildLogEntry], data: st.DataObject) -> None:
    request = AppendBuildLogsRequest(build_id="build", entries=made).SerializeToString()
    start = data.draw(st.integers(0, len(request)))
    spoilt = request[:start] + data.draw(st.binary(max_size=8)) + request[data.draw(st.integers(start, len(request))) :]
    for some in (spoilt, request[:start]):
        found = take(some, NOW)
        assert found is None or len(found[0]) == len(found[1]) == len(found[2])


@pytest.mark.parametrize("way", WAYS)
@given(made=st.lists(entries(), min_size=1, max_size=6), build_id=texts.filter(bool), data=st.data())
def test_lines_are_those_that_protobuf_makes(
    way: Any, made: list[BuildLogEntry], build_id: str, data: st.DataObject
) -> None:
    seq_of_zero, start = data.draw(st.integers(1, 2**60)), data.draw(st.integers(0, len(made) - 1))
    most = data.draw(st.integers(0, 500))
    parts = [one.SerializeToString() for one in made]
    payload, end = way(parts, build_id.encode(), seq_of_zero, start, most)
    expected = [
        TailBuildLogsResponse(build_logs=[line_of(one, build_id, seq)]).SerializeToString()
        for seq, one in enumerate(made, seq_of_zero)
    ]
    assert payload == b"".join(expected[start:end])
    assert end == start + 1 or len(payload) <= most
    assert end == len(made) or len(payload) + len(expected[end]) > most


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("start", "most", "seq_of_zero"), [(-1, 9, 1), (2, 9, 1), (0, -1, 1), (1, 9, -1)])
def test_lines_that_can_not_be(way: Any, start: int, most: int, seq_of_zero: int) -> None:
    with pytest.raises(ValueError, match="no such lines"):
        way([b"", b""], b"build", seq_of_zero, start, most)


@compiled_only
@pytest.mark.parametrize("parts", [(b"",), ["text"], [None]])
def test_parts_that_are_no_bytes_are_no_lines(parts: Any) -> None:
    with pytest.raises(TypeError):
        lines(parts, b"build", 1, 0, 9)
