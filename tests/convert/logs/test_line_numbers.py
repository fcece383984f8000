"""Runs of lines, and the ids that they make: in C and in Python alike, as protobuf would."""

from array import array
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.builds.v1.backend_service_pb2 import StreamBuildLogIdsResponse
from millstream_service.convert.logs.line_numbers import (
    encode_ids,
    find_runs,
    pairs,
    plain_encode_ids,
    plain_find_runs,
    runs_of,
)
from millstream_service.names import build_log_id

WAYS_TO_FIND = [pytest.param(find_runs, id="compiled"), pytest.param(plain_find_runs, id="plain")]
WAYS_TO_NAME = [pytest.param(encode_ids, id="compiled"), pytest.param(plain_encode_ids, id="plain")]
columns = st.lists(st.integers(0, 3), max_size=40).map(bytes)
kinds = st.lists(st.sampled_from([0, 1, 255]), min_size=4, max_size=4).map(bytes)
steps = st.integers(1, 3) | st.integers(1, 1 << 40)
some_runs = st.lists(st.tuples(steps, st.integers(0, 20)), max_size=8).map(
    lambda found: [(end - length, end) for end, (_, length) in zip(accumulate(map(sum, found)), found, strict=True)]
)
build_ids = st.text(min_size=1, max_size=200).filter(lambda text: "/" not in text)


def numbers_in(packed: bytes) -> list[int]:
    """Return the numbers of all lines of some runs."""
    return [number for first, last in pairs(array("q", packed)) for number in range(first, last + 1)]


@pytest.mark.parametrize("way", WAYS_TO_FIND)
@given(column=columns, wanted=kinds, index=st.integers(-3, 50), first=st.integers(1, 1 << 50))
def test_runs_are_the_lines_of_wanted_kinds(way: Any, column: bytes, wanted: bytes, index: int, first: int) -> None:
    found = way(column, wanted, index, first)
    assert numbers_in(found) == [first + at for at, kind in enumerate(column) if at >= index and wanted[kind]]
    assert array("q", found) == runs_of(numbers_in(found)), "runs are as long as they can be"


@pytest.mark.parametrize("way", WAYS_TO_FIND)
@pytest.mark.parametrize("index", [0, 3])
def test_a_line_of_an_unknown_kind_is_an_error(way: Any, index: int) -> None:
    with pytest.raises(ValueError, match="no known kind"):
        way(b"\0\1\2", b"\1\1", index, 1)


@given(st.sets(st.integers(1, 60)).map(sorted))
def test_numbers_that_follow_each_other_are_a_run(numbers: list[int]) -> None:
    found = runs_of(numbers)
    assert numbers_in(found.tobytes()) == numbers
    assert all(end + 1 < begin for end, begin in zip(found[1:-1:2], found[2::2], strict=True)), "runs never touch"


@pytest.mark.parametrize("way", WAYS_TO_NAME)
@given(build_id=build_ids, found=some_runs)
def test_ids_are_as_protobuf_would_write_them(way: Any, build_id: str, found: list[tuple[int, int]]) -> None:
    names = [build_log_id(build_id, seq) for first, last in found for seq in range(first, last + 1)]
    packed = array("q", [number for run in found for number in run]).tobytes()
    assert way(build_id.encode(), packed) == StreamBuildLogIdsResponse(build_log_ids=names).SerializeToString()


@pytest.mark.parametrize("way", WAYS_TO_NAME)
@pytest.mark.parametrize("last", [9, 10, 99_999, (1 << 63) - 1])
def test_ids_have_as_many_digits_as_they_need(way: Any, last: int) -> None:
    made = StreamBuildLogIdsResponse.FromString(way(b"b", array("q", (last - 1, last)).tobytes()))
    assert list(made.build_log_ids) == [f"b/{last - 1}", f"b/{last}"]


@pytest.mark.parametrize("way", WAYS_TO_NAME)
@pytest.mark.parametrize("damaged", [array("q", (1,)), array("q", (2, 1)), array("q", (0, 1)), array("q", (-5, -4))])
def test_what_are_no_runs_is_an_error(way: Any, damaged: "array[int]") -> None:
    with pytest.raises(ValueError, match="no runs"):
        way(b"build", damaged.tobytes())
