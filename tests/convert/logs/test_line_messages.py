"""Lines of columns become the bytes that protobuf makes of them: in C and in Python alike, whatever the columns are."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.builds.v1.backend_service_pb2 import SearchHit, TailBuildLogsResponse
from millstream.builds.v1.build_log_pb2 import BuildLogEntry
from millstream_service.convert.logs.columns import Columns, pack_lines
from millstream_service.convert.logs.line_messages import around, messages, plain_around, plain_messages
from millstream_service.convert.logs.logs import tail_head
from tests.convert.logs.made_lines import entries, line_of
from tests.entities import entry

BUILD = "build"
HELD = entries().filter(lambda made: made.created_at.seconds >= 0)
WAYS = [pytest.param(messages, id="compiled"), pytest.param(plain_messages, id="plain")]


def columns_of(made: Sequence[BuildLogEntry], first_seq: int) -> Columns:
    columns = pack_lines([line_of(one, BUILD, seq) for seq, one in enumerate(made, first_seq)])
    assert columns is not None
    return Columns.read(first_seq, len(made), *columns)


def arguments(columns: Columns, first: int, index: int, begin: int, most: int) -> tuple[Any, ...]:
    lines = (columns.texts, columns.separator, columns.kinds, columns.column, columns.times)
    return (BUILD.encode(), columns.first_seq, *lines, first, index, begin, most)


@pytest.mark.parametrize("way", WAYS)
@given(made=st.lists(HELD, min_size=1, max_size=9), seq=st.integers(1, 2**62), data=st.data())
def test_they_are_what_protobuf_makes(way: Any, made: list[BuildLogEntry], seq: int, data: st.DataObject) -> None:
    first, most = data.draw(st.integers(0, len(made))), data.draw(st.integers(1, 500))
    columns = columns_of(made, seq)
    parts = []
    index = begin = 0
    while index < len(made):
        part, index, begin = way(b"", *arguments(columns, first, index, begin, most))
        parts.append(part)
        assert len(part) >= most or index == len(made)
    lines = [line_of(one, BUILD, number) for number, one in enumerate(made[first:], seq + first)]
    assert b"".join(parts) == TailBuildLogsResponse(build_logs=lines).SerializeToString()


@pytest.mark.parametrize("way", WAYS)
@given(made=st.lists(HELD, min_size=2, max_size=5), revision=st.integers(1, 2**62))
def test_with_a_head_they_are_a_whole_message(way: Any, made: list[BuildLogEntry], revision: int) -> None:
    columns = columns_of(made, 7)
    part, index, _ = way(tail_head(revision), *arguments(columns, 0, 0, 0, 1))
    message = TailBuildLogsResponse.FromString(part)
    assert (message.position.revision, message.last_seq, index) == (revision, 7, 1)
    assert list(message.build_logs) == [line_of(made[0], BUILD, 7)]


@pytest.mark.parametrize("way", WAYS)
def test_kinds_that_are_none_are_left_out(way: Any) -> None:
    columns = columns_of([entry("a", category="link"), entry("b"), entry("c", category="link")], 1).only(
        lambda line: line.category == "link"
    )
    part, _, _ = way(b"", *arguments(columns, 0, 0, 0, 10_000))
    assert [line.content for line in TailBuildLogsResponse.FromString(part).build_logs] == ["a", "c"]


@pytest.mark.parametrize("way", WAYS)
def test_a_line_is_as_long_as_it_is(way: Any) -> None:
    made = [entry("x" * length) for length in (0, 1, 127, 128, 5_000, 70_000, 2**20, 3)]
    part, index, begin = way(b"", *arguments(columns_of(made, 1), 0, 0, 0, 1 << 22))
    assert [len(line.content) for line in TailBuildLogsResponse.FromString(part).build_logs] == [
        len(one.content) for one in made
    ]
    assert (index, begin) == (len(made), sum(len(one.content) + 1 for one in made))


def outcome(way: Any, *given_to_it: object) -> object:
    try:
        return way(*given_to_it)
    except ValueError as error:
        return str(error)


numbers = st.integers(0, 12)
few_bytes = st.binary(max_size=12)


@given(
    head=few_bytes,
    texts=st.lists(st.sampled_from([b"", b"\n", b"text", b"\xff"]), max_size=6).map(b"".join),
    separator=st.sampled_from([10, 255]),
    kinds=st.lists(st.none() | few_bytes, max_size=3).map(tuple),
    column=st.lists(st.integers(0, 3), max_size=5).map(bytes),
    data=st.data(),
    place=st.tuples(numbers, numbers, numbers, st.integers(0, 200)),
)
def test_both_say_the_same_of_any_bytes(
    head: bytes,
    texts: bytes,
    separator: int,
    kinds: tuple[bytes | None, ...],
    column: bytes,
    data: st.DataObject,
    place: tuple[int, int, int, int],
) -> None:
    times = data.draw(st.binary(min_size=10 * len(column), max_size=10 * len(column)) | few_bytes)
    given_to_it = (head, b"build", 5, texts, separator, kinds, column, times, *place)
    assert outcome(messages, *given_to_it) == outcome(plain_messages, *given_to_it)


@given(
    texts=st.lists(st.sampled_from([b"", b"\n", b"text", b"\xff"]), max_size=6).map(b"".join),
    separator=st.sampled_from([10, 255]),
    kinds=st.lists(st.none() | few_bytes, max_size=3).map(tuple),
    column=st.lists(st.integers(0, 3), max_size=5).map(bytes),
    data=st.data(),
    place=st.tuples(numbers, numbers, numbers, st.integers(0, 20)),
)
def test_both_say_the_same_of_what_is_around_a_line_of_any_bytes(
    texts: bytes,
    separator: int,
    kinds: tuple[bytes | None, ...],
    column: bytes,
    data: st.DataObject,
    place: tuple[int, int, int, int],
) -> None:
    times = data.draw(st.binary(min_size=10 * len(column), max_size=10 * len(column)) | few_bytes)
    given_to_it = (b"build", 5, texts, separator, kinds, column, times, *place)
    assert outcome(around, *given_to_it) == outcome(plain_around, *given_to_it)


@pytest.mark.parametrize("way", [pytest.param(around, id="compiled"), pytest.param(plain_around, id="plain")])
@given(made=st.lists(HELD, min_size=1, max_size=9), count=st.integers(0, 9), most=st.integers(0, 40), data=st.data())
def test_a_line_comes_with_those_around_it(
    way: Any, made: list[BuildLogEntry], count: int, most: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, len(made) - 1))
    columns = columns_of(made, 7)
    sizes = [len(one.content.encode()) + 1 for one in made]
    lines = (columns.texts, columns.separator, columns.kinds, columns.column, columns.times)
    found, before, after = way(BUILD.encode(), 7, *lines, index, sum(sizes[:index]), count, most)
    expected = [line_of(one, BUILD, seq) for seq, one in enumerate(made, 7)]
    around_it = {"before": expected[index - before : index], "after": expected[index + 1 : index + 1 + after]}
    assert SearchHit.FromString(found) == SearchHit(build_log=expected[index], **around_it)
    for got, there, beside in (
        (before, index, sizes[:index][::-1]),
        (after, len(made) - 1 - index, sizes[index + 1 :]),
    ):
        assert got == min(count, there) or (got < count and sum(beside[:got]) + sizes[index] > most)
