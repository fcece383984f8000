"""Entries as they come in, and the lines that they make: in C (`_entries.c`), or here, where that was not compiled.

An entry's fields carry the numbers that they have in a BuildLog, so a line is put together from bytes: what the service
adds (`id`, `build_id`, `seq`), then the entry's.
"""

from millstream.builds.v1.backend_service_pb2 import TailBuildLogsResponse
from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream_service.convert.wire import VARINT, encode_delimited, tag, varint

Taken = tuple[list[bytes], list[int], list[str]]


def take_nothing(_request: bytes, _now: bytes, /) -> Taken | None:
    """Return the entries of a serialized AppendBuildLogsRequest: the bytes, the level and the category of each.

    One without a level is of INFO, one without a time has `now`: a field, serialized. None, which is all that can be
    said here, where an entry has anything unusual: then each has to be looked at (see logs.check_entries).
    """
    return None


def plain_lines(parts: list[bytes], build_id: bytes, seq_of_zero: int, start: int, most: int, /) -> tuple[bytes, int]:
    """Return lines as the field `build_logs` of a tail, and the index behind the last: from `start` on, one or more.

    `parts` are the bytes of entries, the number of the first of them, of index 0, would be `seq_of_zero`. More than one
    line have `most` bytes at the most. Raises ValueError where there are no such lines.
    """
    if not 0 <= start < len(parts) or most < 0 or seq_of_zero + start < 1:
        raise ValueError("there are no such lines")
    made = [_line(parts[start], build_id, seq_of_zero + start)]
    size = len(made[0])
    for index in range(start + 1, len(parts)):
        line = _line(parts[index], build_id, seq_of_zero + index)
        size += len(line)
        if size > most:
            break
        made.append(line)
    return b"".join(made), start + len(made)


def _line(part: bytes, build_id: bytes, seq: int) -> bytes:
    line = (
        encode_delimited(BuildLog.ID_FIELD_NUMBER, b"%b/%d" % (build_id, seq)),
        encode_delimited(BuildLog.BUILD_ID_FIELD_NUMBER, build_id),
        tag(BuildLog.SEQ_FIELD_NUMBER, VARINT) + varint(seq),
        part,
    )
    return encode_delimited(TailBuildLogsResponse.BUILD_LOGS_FIELD_NUMBER, b"".join(line))


try:
    from millstream_service.convert.native import _entries
except ImportError:
    take, lines = take_nothing, plain_lines
else:
    take, lines = _entries.take, _entries.lines
