"""A query that is watched, with its newest value, shared by all who asked the same.

The cycle: a commit touches the observation, which asks to be read again; a round reads it (with all others that are
due, at one revision) and calls `settle`; where the value differs a new version takes the old one's place and wakes
those who wait on the old one. A subscriber holds a version, never a queue: one that is slow finds the newest when it
comes back, and has cost nothing meanwhile. All fields belong to the event loop.
"""

import asyncio
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import Connection

from millstream_service.errors import MillstreamServiceError
from millstream_service.reactive.one_shot_event import OneShotEvent
from millstream_service.reactive.values import Value


@dataclass(frozen=True, eq=False, slots=True)
class Delta:
    """How a value is read again where single rows of a table have changed.

    `read` takes the value as it was before, and the keys of all these rows; it returns what `fetch` would.
    """

    table: str
    read: Callable[[Connection, Any, Collection[str]], Value]


@dataclass(frozen=True, eq=False, slots=True)
class Query:
    """What is watched.

    `key` tells equal queries: the RPC and its parameters. `region` are the keys it depends on. `fetch` runs in a
    reading thread with the value of the last round, so that it may read on from there. `long`: the first time takes
    long. `max_whole`: a longer list is sent to none but those who take what is new alone (0: to all). `delta`: see
    there; where it is missing, all is read again.
    """

    key: tuple[Hashable, ...]
    region: tuple[str, ...]
    fetch: Callable[[Connection, Value | None], Value]
    long: bool = False
    max_whole: int = 0
    delta: Delta | None = None

    @property
    def request(self) -> bytes:
        """Bytes that stand for the query in tokens."""
        return repr(self.key).encode()


@dataclass(frozen=True, slots=True)
class Found:
    """A value that was read, and what it is to the one before: `same`, or a list that only `grew` at its end."""

    value: Value
    same: bool
    grew: bool

    @classmethod
    def of(cls, value: Value, previous: Value | None) -> Self:
        """Compare: in the thread that has read it, for a list may be long."""
        same = previous is not None and value.same(previous)
        return cls(value, same, previous is not None and not same and value.extends(previous))


class Version:
    """A value, the revision that it was read at, and the messages made of it, shared by all subscribers.

    `number` counts versions, each of which differs from the one before. `lineage` counts up where a list did more than
    grow at its end: within one, a client that has seen the first N elements needs only those behind them.
    """

    __slots__ = ("lineage", "messages", "number", "revision", "superseded", "value")

    def __init__(self, value: Value, revision: int, number: int = 0, lineage: int = 0) -> None:
        self.value = value
        self.revision = revision
        self.number = number
        self.lineage = lineage
        self.superseded = OneShotEvent()
        self.messages: dict[int, asyncio.Future[list[bytes]] | list[bytes]] | None = None
        """Whole messages, serialized, for a client with the first N elements of the list; where several watch."""

    def followed_by(self, found: Found, revision: int) -> "Version":
        """Return the next version."""
        return Version(found.value, revision, self.number + 1, self.lineage + (not found.grew))

    def stands_at(self, revision: int) -> None:
        """Take note that no commit up to a revision has changed the value: messages for those who come now say so."""
        if revision > self.revision:
            self.revision = revision
            self.messages = None

    def differs(self, seen: "Version") -> bool:
        """Return whether its value is another than that of an earlier version."""
        return self.number == seen.number + 1 or not self.value.same(seen.value)


class Observation:
    """One query, its newest version, the revision that it was last found to stand at, and how many watch it.

    `era`: of `recent.Recent`, in which it was read. `asked` counts how often it was to be read, `answered` up to which
    of these it was.
    """

    __slots__ = (
        "_ask",
        "answered",
        "asked",
        "era",
        "error",
        "query",
        "read_revision",
        "settled",
        "subscribers",
        "version",
    )

    def __init__(self, query: Query, ask: "Callable[[Observation], None]") -> None:
        self.query = query
        self._ask = ask
        self.version: Version | None = None
        self.read_revision = 0
        self.era = 0
        self.subscribers = 0
        self.error: MillstreamServiceError | None = None
        self.asked = self.answered = 0
        self.settled = OneShotEvent()

    def notify(self) -> None:
        """Ask to be read again."""
        self.asked += 1
        self._ask(self)

    def settle(self, asked: int, revision: int, era: int, found: Found) -> None:
        """Take the value of a round that began when it was asked for so often. The same as the last changes nothing."""
        old = self.version
        self.read_revision, self.era = revision, era
        if old is None:
            self.version = Version(found.value, revision)
        elif found.same:
            old.value = found.value  # which may know more of where its rows stand
        else:
            self.version = old.followed_by(found, revision)
            old.superseded.set()
        self._settle(asked)

    def fail(self, asked: int, error: MillstreamServiceError) -> None:
        """End all who watch with an error."""
        self.error = error
        if self.version is not None:
            self.version.superseded.set()
        self._settle(asked)

    def _settle(self, asked: int) -> None:
        self.answered = asked
        self.settled.set()
        self.settled = OneShotEvent()

    async def current(self) -> Version:
        """Wait until all that it was asked for so far is answered; return its version."""
        asked = self.asked
        while self.answered < asked and self.error is None:
            await self.settled.wait()
        return self.newest()

    def newest(self) -> Version:
        """Return the newest version. Raises the error that the last round ended with."""
        if self.error is not None:
            raise self.error
        assert self.version is not None  # noqa: S101 - a round without an error gave one
        return self.version
