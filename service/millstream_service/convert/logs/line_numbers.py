"""Numbers of lines, and the ids that they make: in C (`_numbers.c`), or here, where that was not compiled.

Lines that follow each other are a run, of which only the first and the last number are kept. A long log has hundreds of
thousands of lines, so what is compiled leaves other threads alone meanwhile.
"""

from array import array
from collections.abc import Iterable, Iterator

from millstream.builds.v1.backend_service_pb2 import StreamBuildLogIdsResponse
from millstream_service.convert.wire import DELIMITED, tag, varint

_LOG_ID = tag(StreamBuildLogIdsResponse.BUILD_LOG_IDS_FIELD_NUMBER, DELIMITED)
_MAX_DIGITS = len(str((1 << 63) - 1))


def plain_find_runs(column: bytes, wanted: bytes, index: int, first: int, /) -> bytes:
    """Return the runs of lines from an index on whose kind is wanted, as `array("q")` has them.

    `column` has the kind of each line, `wanted` a byte for each kind: 0 where it is not. The line of index 0 has the
    number `first`. Raises ValueError where a line is of another kind.
    """
    if column.translate(None, bytes(range(len(wanted)))):
        raise ValueError("a line is of no known kind")
    fits = column.translate(bytes(map(bool, wanted)).ljust(256, b"\0"))
    found = array("q")
    begin = fits.find(1, max(0, index))
    while begin >= 0:
        end = fits.find(0, begin)
        end = len(fits) if end < 0 else end
        found.extend((first + begin, first + end - 1))
        begin = fits.find(1, end)
    return found.tobytes()


def plain_encode_ids(build_id: bytes, runs: bytes, /) -> bytes:
    """Return the ids of the lines of some runs, as the field `build_log_ids` of a response.

    Raises ValueError where these are no runs of numbers: an odd count, or one that ends before it begins.
    """
    bounds = array("q")
    bounds.frombytes(runs)
    if len(bounds) % 2 or any(not 0 < first <= last for first, last in pairs(bounds)):
        raise ValueError("these are no runs of numbers")
    heads = [_LOG_ID + varint(len(build_id) + 1 + digits) + build_id + b"/" for digits in range(_MAX_DIGITS + 1)]
    numbers = (b"%d" % seq for first, last in pairs(bounds) for seq in range(first, last + 1))
    return b"".join([heads[len(number)] + number for number in numbers])


def pairs(bounds: "array[int]") -> Iterator[tuple[int, int]]:
    """Yield the first and the last number of each run."""
    return zip(bounds[::2], bounds[1::2], strict=True)


def runs_of(numbers: Iterable[int]) -> "array[int]":
    """Return the runs of numbers that rise."""
    bounds = array("q")
    for number in numbers:
        if bounds and bounds[-1] == number - 1:
            bounds[-1] = number
        else:
            bounds.extend((number, number))
    return bounds


try:
    from millstream_service.convert.native import _numbers
except ImportError:
    encode_ids, find_runs = plain_encode_ids, plain_find_runs
else:
    encode_ids, find_runs = _numbers.encode_ids, _numbers.find_runs
