"""What an observation holds: one value, or a list that may grow at its end.

A value knows its own bytes (the response's fields but for `position`) and can tell whether it is the same as, or an
extension of, one that a client has seen.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

T = TypeVar("T")
LIST_PART = 10_000
"""So many elements of a list go into one message at the most."""
PART_BYTES = 1 << 20
"""And so many bytes: the longest ids need a kilobyte each, and a client takes 4 MiB a message."""

_ELEMENT_BYTES = 100


class Value(Protocol):
    """What a query gave at one revision."""

    def same(self, other: "Value | None") -> bool:
        """Return whether a client that has `other` has this."""

    def extends(self, other: "Value") -> bool:
        """Return whether this is the list `other`, grown at its end."""

    def __len__(self) -> int:
        """Return how many elements the list has; 0 where it is no list."""

    def digest(self, length: int) -> bytes:
        """Return 16 bytes that stand for the value; of a list, for its first `length` elements."""

    def work(self, start: int) -> int:
        """Return how much is to be gone through for the messages and the digest: about as many elements of a list."""

    def parts(self, start: int) -> list[bytes]:
        """Return the bytes of the messages that bring a client with the first `start` elements here."""


@dataclass(frozen=True, slots=True)
class Single:
    """One value."""

    data: bytes

    def same(self, other: Value | None) -> bool:
        """Compare the bytes."""
        return isinstance(other, Single) and other.data == self.data

    def extends(self, other: Value) -> bool:
        """Return False: it is not a list."""
        del other
        return False

    def __len__(self) -> int:
        """Return 0: it is not a list."""
        return 0

    def __bool__(self) -> bool:
        """Return True: a value is a value, whatever its length."""
        return True

    def digest(self, length: int) -> bytes:
        """Return the hash of the bytes."""
        del length
        return blake2b(self.data, digest_size=16).digest()

    def work(self, start: int) -> int:
        """Return the bytes, as elements."""
        del start
        return len(self.data) // _ELEMENT_BYTES

    def parts(self, start: int) -> list[bytes]:
        """Return the one message."""
        del start
        return [self.data]


@dataclass(frozen=True)
class Elements(ABC, Generic[T]):
    """A list. `encode` makes the bytes of a message with some of its elements."""

    items: Sequence[T]
    encode: Callable[[Sequence[T]], bytes]

    def same(self, other: Value | None) -> bool:
        """Compare the elements."""
        return isinstance(other, Elements) and other.items == self.items

    def extends(self, other: Value) -> bool:
        """Compare the beginning."""
        return isinstance(other, Elements) and self.items[: len(other.items)] == other.items

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.items)

    def __bool__(self) -> bool:
        """Return True: an empty list is a value too."""
        return True

    def digest(self, length: int) -> bytes:
        """Return the hash of the first `length` elements."""
        running = blake2b(digest_size=16)
        for start in range(0, length, LIST_PART):
            running.update(self.to_bytes(self.items[start : min(start + LIST_PART, length)]))
        return running.digest()

    @abstractmethod
    def to_bytes(self, items: Sequence[T]) -> bytes:
        """Return bytes that tell these elements from any others."""

    def work(self, start: int) -> int:
        """Return the length: the digest is that of all."""
        del start
        return len(self.items)

    def parts(self, start: int) -> list[bytes]:
        """Return messages of at most 10,000 elements and 1 MiB; one, with no elements, where there are none."""
        starts = range(start, len(self.items), LIST_PART) or (start,)
        return [part for here in starts for part in self._encode(self.items[here : here + LIST_PART])]

    def _encode(self, items: Sequence[T]) -> list[bytes]:
        part = self.encode(items)
        if len(part) <= PART_BYTES or len(items) == 1:
            return [part]
        middle = len(items) // 2
        return [*self._encode(items[:middle]), *self._encode(items[middle:])]


class Listing(Elements[str]):
    """A list of ids."""

    def to_bytes(self, items: Sequence[str]) -> bytes:
        """Return the ids, a line each: they have no control characters."""
        return "\n".join((*items, "")).encode()


class Records(Elements[bytes]):
    """A list of whole messages, each as the bytes of a response with it alone: joined, they are one with all."""

    def __init__(self, items: Sequence[bytes]) -> None:
        super().__init__(items, b"".join)

    def work(self, start: int) -> int:
        """Return the length, and the bytes as elements."""
        return super().work(start) + sum(map(len, self.items[:LIST_PART])) // _ELEMENT_BYTES

    def to_bytes(self, items: Sequence[bytes]) -> bytes:
        """Return the messages, each behind its size."""
        return b"".join(part for item in items for part in (len(item).to_bytes(8), item))


class Entry(NamedTuple):
    """An element of a list of rows: its place in the list's order, its key, and its message as in `Records`."""

    place: tuple[Any, ...]
    key: str
    data: bytes


class Rows(Records):
    """A list of messages, a row each, of which single ones can be read again.

    `end`: the place up to which the list is whole, where there may be more rows behind it; None: it has all.
    """

    def __init__(self, entries: Sequence[Entry], end: tuple[Any, ...] | None = None) -> None:
        super().__init__([entry.data for entry in entries])
        object.__setattr__(self, "entries", entries)
        object.__setattr__(self, "end", end)

    entries: Sequence[Entry]
    end: tuple[Any, ...] | None
