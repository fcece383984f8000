"""Lines of a merged chunk as messages: made in C (`_lines.c`), or here, where that was not compiled.

Both make the same bytes, those that protobuf makes of a BuildLog. What is compiled takes some 0.05 µs a line and
leaves other threads alone meanwhile; what is written here takes 8.
"""

from collections.abc import Sequence

from google.protobuf.timestamp_pb2 import Timestamp

from millstream.builds.v1.backend_service_pb2 import TailBuildLogsResponse
from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream_service.convert.wire import VARINT, delimited, tag, varint

_LAST_SEQ = tag(TailBuildLogsResponse.LAST_SEQ_FIELD_NUMBER, VARINT)
_TIME_FIELDS = Timestamp.SECONDS_FIELD_NUMBER, Timestamp.NANOS_FIELD_NUMBER
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
        end = texts.find(separator, begin)
        is_last = index == len(column) - 1
        if begin > len(texts) or is_last != (end < 0):
            raise ValueError("there are more texts, or fewer, than lines")
        if column[index] >= len(kinds):
            raise ValueError("a line is of no known kind")
        text = texts[begin:] if is_last else texts[begin:end]
        kind = kinds[column[index]]
        if index >= first and kind is not None:
            message = _message(build_id, first_seq + index, kind, text, times[index :: len(column)])
            made.append(delimited(TailBuildLogsResponse.BUILD_LOGS_FIELD_NUMBER, message))
            size += len(made[-1])
        index += 1
        begin += len(text) + 1
    last = _LAST_SEQ + varint(first_seq + index - 1) if head else b""
    return b"".join((head, *made, last)), index, begin


def _message(build_id: bytes, seq: int, kind: bytes, text: bytes, digits: bytes) -> bytes:
    return b"".join(
        (
            delimited(BuildLog.ID_FIELD_NUMBER, b"%b/%d" % (build_id, seq)),
            delimited(BuildLog.BUILD_ID_FIELD_NUMBER, build_id),
            tag(BuildLog.SEQ_FIELD_NUMBER, VARINT) + varint(seq),
            kind,
            delimited(BuildLog.CONTENT_FIELD_NUMBER, text) if text else b"",
            delimited(BuildLog.CREATED_AT_FIELD_NUMBER, _timestamp(digits)),
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
    from millstream_service.convert import _lines
except ImportError:
    messages = plain_messages
else:
    messages = _lines.messages
COMPILED = messages is not plain_messages
