"""A query that is watched, with its newest value, shared by all who asked the same.

The cycle: a commit touches the observation, which asks to be read again; a round reads it (with all others that are
due, at one revision) and calls `settle`; where the value differs a new version takes the old one's place and wakes
those who wait on the old one. A subscriber holds a version, never a queue: one that is slow finds the newest when it
comes back, and has cost nothing meanwhile. All fields belong to the event loop.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from sqlalchemy import Connection

from millstream_service.errors import MillstreamServiceError
from millstream_service.reactive.occasion import Occasion
from millstream_service.reactive.values import Value


@dataclass(frozen=True, eq=False, slots=True)
class Query:
    """What is watched.

    `key` tells equal queries: the RPC and its parameters. `region` are the keys it depends on. `fetch` runs in a
    reading thread with the value of the last round, so that it may read on from there.
    """

    key: tuple[Hashable, ...]
    region: tuple[str, ...]
    fetch: Callable[[Connection, Value | None], Value]

    @property
    def request(self) -> bytes:
        """Bytes that stand for the query in tokens."""
        return repr(self.key).encode()


class Version:
    """A value, the revision that it was read at, and the messages made of it, shared by all subscribers.

    `lineage` counts up where a list did more than grow at its end: within one, a client that has seen the first N
    elements needs only those behind them.
    """

    __slots__ = ("lineage", "messages", "revision", "superseded", "value")

    def __init__(self, value: Value, revision: int, lineage: int) -> None:
        self.value = value
        self.revision = revision
        self.lineage = lineage
        self.superseded = Occasion()
        self.messages: dict[int, list[bytes]] | None = None
        """Whole messages, serialized, for a client with the first N elements of the list; where several watch."""


class Observation:
    """One query, its newest version, the revision that it was last found to stand at, and how many watch it."""

    __slots__ = ("_ask", "error", "query", "read_revision", "settled", "settled_round", "subscribers", "version")

    def __init__(self, query: Query, ask: "Callable[[Observation], None]") -> None:
        self.query = query
        self._ask = ask
        self.version: Version | None = None
        self.read_revision = 0
        self.subscribers = 0
        self.error: MillstreamServiceError | None = None
        self.settled_round = 0
        self.settled = Occasion()

    def touched(self) -> None:
        """Ask to be read again."""
        self._ask(self)

    def settle(self, number: int, revision: int, value: Value) -> None:
        """Take the value of a round. Equal to the last one, it changes nothing."""
        old = self.version
        self.read_revision = revision
        if old is None or not value.same(old.value):
            self.version = Version(value, revision, self._lineage(value))
            if old is not None:
                old.superseded.happen()
        self._settled(number)

    def _lineage(self, value: Value) -> int:
        old = self.version
        if old is None:
            return 0
        return old.lineage if value.extends(old.value) else old.lineage + 1

    def fail(self, number: int, error: MillstreamServiceError) -> None:
        """End all who watch with an error."""
        self.error = error
        if self.version is not None:
            self.version.superseded.happen()
        self._settled(number)

    def _settled(self, number: int) -> None:
        self.settled_round = number
        self.settled.happen()
        self.settled = Occasion()

    async def round(self, number: int) -> Version:
        """Wait until the observation was read in this round or a later one; return its version."""
        while self.settled_round < number and self.error is None:
            await self.settled.wait()
        return self.newest()

    def newest(self) -> Version:
        """Return the newest version. Raises the error that the last round ended with."""
        if self.error is not None:
            raise self.error
        assert self.version is not None  # noqa: S101 - a round without an error gave one
        return self.version
