"""Messages in a file, each behind its length: how a stream of the service gets into the memory of a floor."""

from collections.abc import Iterable, Iterator
from pathlib import Path

_LENGTH_BYTES = 4


def write(path: Path, messages: Iterable[bytes]) -> None:
    """Write messages to a new file."""
    with path.open("wb") as file:
        for message in messages:
            file.write(len(message).to_bytes(_LENGTH_BYTES, "big") + message)


def read(path: Path) -> Iterator[bytes]:
    """Yield the messages of a file."""
    data = path.read_bytes()
    place = 0
    while place < len(data):
        start = place + _LENGTH_BYTES
        place = start + int.from_bytes(data[place:start], "big")
        yield data[start:place]
