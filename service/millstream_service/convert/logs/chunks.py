"""The lines of a chunk, whichever way it holds them: as messages, as they came, or as columns, once merged."""

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from millstream.builds.v1.backend_service_pb2 import TailBuildLogsResponse
from millstream.builds.v1.build_log_pb2 import BuildLog
from millstream_service.convert.logs.columns import Columns, pack
from millstream_service.convert.logs.line_filter import ANY_LINE, LineFilter
from millstream_service.convert.logs.line_messages import COMPILED
from millstream_service.convert.logs.line_numbers import runs_of
from millstream_service.convert.logs.logs import categories_text, lines_of, messages_of
from millstream_service.store.logs.logs import COLUMNS, Chunk

MESSAGE_BYTES = 512 * 1024
"""About so much of a chunk's lines goes into a message."""


@dataclass(frozen=True, slots=True)
class Part:
    """Some lines of a chunk as the field `build_logs` of a tail, and the last line that they reach.

    `whole`: the data is a message of a tail by itself.
    """

    data: bytes
    last_seq: int
    whole: bool = False


def parts(
    chunk: Chunk,
    build_id: str,
    wanted: LineFilter = ANY_LINE,
    from_seq: int = 1,
    at_once: int = MESSAGE_BYTES,
    head: bytes = b"",
) -> Iterator[Part]:
    """Return the lines from `from_seq` on that are asked for. The last part reaches the chunk's end.

    What takes long is done at once. Only columns are left to become messages, about `at_once` bytes at a time, as the
    parts are taken: these are whole messages that begin with a `head`, where there is one. Raises StoreCorruptError,
    and so do the parts.
    """
    if wanted.takes_none(chunk):
        return iter([Part(b"", chunk.last_seq)])
    if chunk.codec == COLUMNS:
        columns = columns_of(chunk, build_id)
        if not wanted.takes_all(chunk):
            columns = columns.only(wanted.fits)
        made = _parts_of_columns(chunk, columns, build_id, from_seq, at_once, head)
        return made if COMPILED else iter(list(made))
    if chunk.first_seq >= from_seq and wanted.takes_all(chunk):
        return iter([Part(chunk.messages, chunk.last_seq)])
    with report_damage(chunk, build_id):
        lines = lines_of(chunk.messages)
    some = messages_of(line for line in lines if line.seq >= from_seq and wanted.fits(line))
    return iter([Part(some, chunk.last_seq)])


@contextmanager
def report_damage(chunk: Chunk, build_id: str) -> Iterator[None]:
    """Turn a ValueError of what reads a chunk's lines into StoreCorruptError."""
    try:
        yield
    except ValueError as error:
        raise chunk.damage_error(build_id) from error


def _parts_of_columns(
    chunk: Chunk, columns: Columns, build_id: str, from_seq: int, at_once: int, head: bytes
) -> Iterator[Part]:
    equal_parts = -(-chunk.size // max(1, round(chunk.size / at_once)))
    with report_damage(chunk, build_id):
        for made, last_seq in columns.messages(build_id, from_seq, equal_parts, head):
            yield Part(made, last_seq, whole=bool(head))


def columns_of(chunk: Chunk, build_id: str) -> Columns:
    """Return the columns of a chunk that has them. Raises StoreCorruptError."""
    with report_damage(chunk, build_id):
        return Columns.read(chunk.first_seq, chunk.last_seq - chunk.first_seq + 1, *chunk.columns)


def lines_in(
    chunk: Chunk, build_id: str, wanted: LineFilter = ANY_LINE, from_seq: int = 1, at_once: int = MESSAGE_BYTES
) -> Iterator[BuildLog]:
    """Yield the lines from `from_seq` on that are asked for. Raises StoreCorruptError.

    Those of columns become messages about `at_once` bytes at a time.
    """
    for part in parts(chunk, build_id, wanted, from_seq, at_once):
        with report_damage(chunk, build_id):
            lines = lines_of(part.data)
        yield from lines


def runs_in(chunk: Chunk, build_id: str, wanted: LineFilter, from_seq: int) -> "array[int]":
    """Return the runs of lines from `from_seq` on that are asked for: see `line_numbers`.

    Texts are not read where they need not be. Raises StoreCorruptError.
    """
    if wanted.takes_all(chunk):
        return array("q", (max(chunk.first_seq, from_seq), chunk.last_seq))
    if chunk.codec == COLUMNS and not wanted.takes_none(chunk):
        with report_damage(chunk, build_id):
            count = chunk.last_seq - chunk.first_seq + 1
            columns = Columns.read(chunk.first_seq, count, b"", chunk.columns_without_texts)
            return columns.only(wanted.fits).runs(from_seq)
    return runs_of(line.seq for line in lines_in(chunk, build_id, wanted, from_seq))


def merge_chunks(build_id: str, group: Sequence[Chunk]) -> Chunk:
    """Return one chunk with the lines of neighbours. See store.logs.Merge.

    Its lines become columns. That these give back the same lines is made sure of: where they don't (a client may send
    fields that we don't know), the chunk has messages.
    """
    payload = b"".join(_pieces(group, build_id))
    levels = 0
    for chunk in group:
        levels |= chunk.levels
    categories = categories_text({name for chunk in group for name in chunk.categories.split("\n")})
    first, last = group[0].first_seq, group[-1].last_seq
    whole = Chunk(first, last, levels, categories, len(payload), payload, merged=True)
    columns = pack(payload)
    if columns is None:
        return whole.compress()
    chunk = whole.as_columns(*columns)
    back = b"".join(_pieces([chunk], build_id))
    return chunk if back == payload or _same(back, payload) else whole.compress()


def _same(messages: bytes, others: bytes) -> bool:
    """Return whether messages say the same, though in other bytes: their fields may stand in another order."""
    one, other = map(TailBuildLogsResponse.FromString, (messages, others))
    return one == other and one.ByteSize() == other.ByteSize()  # `==` does not see fields that are not known


def _pieces(group: Sequence[Chunk], build_id: str) -> Iterator[bytes]:
    for chunk in group:
        for part in parts(chunk, build_id):
            yield part.data
