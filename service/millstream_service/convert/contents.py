"""Whether what the store holds can be given out: for the check of a whole store, which does not know messages."""

from collections.abc import Callable, Mapping
from typing import Any

from millstream_service.convert.agents import entities as agents
from millstream_service.convert.builds import entities
from millstream_service.convert.logs.chunks import lines_in
from millstream_service.store.logs.logs import Chunk

ROWS: Mapping[str, Callable[[Mapping[str, Any]], object]] = {**entities.READERS, **agents.READERS}
"""Table -> what makes a message of a row, of all domains. Raises StoreCorruptError."""


def read_lines(chunk: Chunk, build_id: str) -> None:
    """Read all lines of a chunk. Raises StoreCorruptError, also where they are not the lines that it says."""
    lines = (line.seq if line.build_id == build_id else None for line in lines_in(chunk, build_id))
    if list(lines) != list(range(chunk.first_seq, chunk.last_seq + 1)):
        raise chunk.damage_error(build_id)
