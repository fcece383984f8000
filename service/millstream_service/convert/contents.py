"""Whether what the store holds can be given out: for the check of a whole store, which does not know messages."""

from collections.abc import Callable, Mapping
from typing import Any

from millstream_service.convert.agents import CONFIG_ENTRY, GITHUB_ISSUE, INSTANCE, MCP_EVENT, RELATIONSHIP
from millstream_service.convert.chunks import lines_in
from millstream_service.convert.entities import BUILD, CRASH_LOG, PROJECT, SCHEME
from millstream_service.convert.shapes import Shape
from millstream_service.store.logs import Chunk

_SHAPES: tuple[Shape[Any], ...] = (PROJECT, SCHEME, BUILD, CRASH_LOG, INSTANCE, MCP_EVENT, RELATIONSHIP, GITHUB_ISSUE)


def _read_setting(row: Mapping[Any, Any]) -> None:
    CONFIG_ENTRY.to_message({**row, "value": ""} if row["encrypted"] else row)


ROWS: Mapping[str, Callable[[Mapping[Any, Any]], object]] = {
    **{shape.table: shape.to_message for shape in _SHAPES},
    CONFIG_ENTRY.table: _read_setting,
}
"""Table -> what makes a message of a row. Raises StoreCorruptError."""


def read_lines(chunk: Chunk, build_id: str) -> None:
    """Read all lines of a chunk. Raises StoreCorruptError, also where they are not the lines that it says."""
    lines = (line.seq if line.build_id == build_id else None for line in lines_in(chunk, build_id))
    if list(lines) != list(range(chunk.first_seq, chunk.last_seq + 1)):
        raise chunk.damaged(build_id)
