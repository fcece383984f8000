"""Lines of a merged chunk as messages: made in C (`_lines.c`), or here, where that was not compiled.

Both make the same bytes, those that protobuf makes of a BuildLog. What is compiled takes some 0.05 µs a line and
leaves other threads alone meanwhile; what is written here takes 8.
"""

from collections.abc import Sequence

from google.protobuf.timestamp_pb2 import Timestamp

from millstream.builds.v1.backend_service_pb2 import SearchHit, TailBuildLogsResponse
from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream_service.convert.wire import VARINT, encode_delimited, tag, varint

_LAST_SEQ = tag(TailBuildLogsResponse.LAST_SEQ_FIELD_NUMBER, VARINT)
_TIME_FIELDS = Timestamp.SECONDS_FIELD_NUMBER, Timestamp.NANOS_FIELD_NUMBER
_BESIDE = SearchHit.BEFORE_FIELD_NUMBER, SearchHit.AFTER_FIELD_NUMBER
TIME_BYTES = 5
"""Of a number in the columns of times, 7 bits each: seconds up to the year 3058, and nanoseconds."""


def plain_messages(
    head: bytes,
    build_id: bytes,
    first_seq: int,
    texts: bytes,
    separator: int,
    kinds: Sequence[bytes | None],
    column: bytes,
    times: bytes,
    first: int,
    index: int,
    begin: int,
    most: int,
) -> tuple[bytes, int, int]:
    """Return lines as the field `build_logs` of a tail, and where the next line is: its index and its text's beginning.

    The first line of the columns (see columns.Columns) has the number `first_seq`, and the index 0. Begins with the
    line `index`, whose text begins at `begin`; leaves out lines before `first`, and of kinds that are None; ends with
    the columns, or once there are `most` bytes. Where there is a `head`, that goes first, and `last_seq` last. Raises
    ValueError where the columns do not fit each other.
    """
    if len(times) != 2 * TIME_BYTES * len(column) or min(first, index, begin) < 0 or most < 1:
        raise ValueError("a column is too long, or too short")
    made, size = [], 0
    while index < len(column) and size < most:
        line, end = _line(build_id, first_seq, texts, separator, kinds, column, times, index, begin)
        if index >= first and line is not None:
            made.append(encode_delimited(TailBuildLogsResponse.BUILD_LOGS_FIELD_NUMBER, line))
            size += len(made[-1])
        index, begin = index + 1, end + 1
    last = _LAST_SEQ + varint(first_seq + index - 1) if head else b""
    return b"".join((head, *made, last)), index, begin


def plain_around(
    build_id: bytes,
    first_seq: int,
    texts: bytes,
    separator: int,
    kinds: Sequence[bytes | None],
    column: bytes,
    times: bytes,
    index: int,
    begin: int,
    count: int,
    most: int,
) -> tuple[bytes, int, int]:
    """Return a line with `count` lines on either side as a SearchHit, and how many these are, before it and after it.

    It is the line of an index, whose text begins at `begin`. There are fewer around it at the ends of the columns, and
    no more on a side than have `most` bytes of text, or one more. Raises ValueError where the columns do not fit each
    other.
    """
    if len(times) != 2 * TIME_BYTES * len(column) or not (0 <= index < len(column) and 0 <= begin <= len(texts)):
        raise ValueError("a column is too long, or too short")
    first, start = index, begin
    while start and first and index - first < count and begin - start <= most:
        start = texts.rfind(separator, 0, start - 1) + 1
        first -= 1
    if first and not start:
        raise ValueError("there are more texts, or fewer, than lines")
    made: list[bytes] = []
    here, at = first, start
    while here < len(column) and (here <= index or (here - index <= count and at - begin <= most)):
        line, end = _line(build_id, first_seq, texts, separator, kinds, column, times, here, at)
        field = SearchHit.BUILD_LOG_FIELD_NUMBER if here == index else _BESIDE[here > index]
        made += [] if line is None else [encode_delimited(field, line)]
        here, at = here + 1, end + 1
    return b"".join(made), index - first, here - 1 - index


def _line(
    build_id: bytes,
    first_seq: int,
    texts: bytes,
    separator: int,
    kinds: Sequence[bytes | None],
    column: bytes,
    times: bytes,
    index: int,
    begin: int,
) -> tuple[bytes | None, int]:
    """Return the message of the line of an index (None: it is left out), and where its text ends. Raises ValueError."""
    end = texts.find(separator, begin)
    is_last = index == len(column) - 1
    if begin > len(texts) or is_last != (end < 0):
        raise ValueError("there are more texts, or fewer, than lines")
    if column[index] >= len(kinds):
        raise ValueError("a line is of no known kind")
    end = len(texts) if is_last else end
    kind = kinds[column[index]]
    if kind is None:
        return None, end
    return _message(build_id, first_seq + index, kind, texts[begin:end], times[index :: len(column)]), end


def _message(build_id: bytes, seq: int, kind: bytes, text: bytes, digits: bytes) -> bytes:
    return b"".join(
        (
            encode_delimited(BuildLog.ID_FIELD_NUMBER, b"%b/%d" % (build_id, seq)),
            encode_delimited(BuildLog.BUILD_ID_FIELD_NUMBER, build_id),
            tag(BuildLog.SEQ_FIELD_NUMBER, VARINT) + varint(seq),
            kind,
            encode_delimited(BuildLog.CONTENT_FIELD_NUMBER, text) if text else b"",
            encode_delimited(BuildLog.CREATED_AT_FIELD_NUMBER, _timestamp(digits)),
        )
    )


def _timestamp(digits: bytes) -> bytes:
    """Return a Timestamp, serialized: of seconds and nanoseconds, each as digits of 7 bits, lowest first."""
    fields = []
    for field, number in zip(_TIME_FIELDS, (digits[:TIME_BYTES], digits[TIME_BYTES:]), strict=True):
        value = sum((digit & 127) << 7 * place for place, digit in enumerate(number))
        fields.append(tag(field, VARINT) + varint(value) if value else b"")
    return b"".join(fields)


try:
    from millstream_service.convert.native._lines import around as _around
    from millstream_service.convert.native._lines import messages as _messages
except ImportError:
    around, messages = plain_around, plain_messages
else:
    around, messages = _around, _messages
COMPILED = messages is not plain_messages
