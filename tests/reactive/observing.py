"""An observatory on a database of its own, and a query whose every fetch is counted."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Self

from sqlalchemy import Connection

from millstream_service.background import Supervisor
from millstream_service.reactive.commits import Commits
from millstream_service.reactive.observation import Query
from millstream_service.reactive.observatory import Delivery, MessagePosition, Observatory
from millstream_service.reactive.regions import Regions, listed
from millstream_service.reactive.values import Listing, Single, Value
from millstream_service.security.tokens import TokenSigner
from millstream_service.store.builds import queries as build_queries
from millstream_service.store.builds.tables import PROJECTS
from millstream_service.store.database.database import Database
from millstream_service.store.entities import rows
from millstream_service.store.writing.writer import Writer
from tests.deadline import until
from tests.store.family import create, project

Fetch = Callable[[Connection, Value | None], Value]


@dataclass(frozen=True)
class Message:
    """A message as the observatory makes it here: its mark, and the value's bytes."""

    position: MessagePosition
    data: bytes

    @classmethod
    def parse(cls, framed: bytes) -> Self:
        position, _, data = framed.partition(b"|")
        revision, token, unchanged, append = position.decode().split(",")
        return cls(MessagePosition(int(revision), bytes.fromhex(token), unchanged == "True", append == "True"), data)


def _encode(position: MessagePosition) -> bytes:
    return f"{position.revision},{position.resume_token.hex()},{position.unchanged},{position.append}|".encode()


@dataclass
class Subscriber:
    """Takes messages as fast as they come, while it is not `held`."""

    messages: list[Message] = field(default_factory=list)
    error: BaseException | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    task: "asyncio.Task[None] | None" = None

    async def read(self, stream: AsyncIterator[bytes]) -> None:
        try:
            async for framed in stream:
                self.messages.append(Message.parse(framed))
                await self.gate.wait()
        except Exception as error:
            self.error = error
        finally:
            await stream.aclose()  # type: ignore[attr-defined]

    @property
    def values(self) -> list[bytes]:
        return [message.data for message in self.messages]

    async def shows(self, value: bytes) -> Message:
        """Wait until the newest message has this value."""
        await until(lambda: self.values[-1:] == [value], f"{value!r} came")
        return self.messages[-1]

    async def begins(self) -> Message:
        """Wait for the first message."""
        await until(lambda: bool(self.messages), "the first value came")
        return self.messages[0]

    async def reaches(self, revision: int) -> None:
        """Wait for a message of a revision, or of a later one."""
        await until(lambda: self.messages[-1].position.revision >= revision, f"revision {revision} came")

    async def ends(self) -> BaseException | None:
        """Wait for the stream's end; return its error."""
        assert self.task is not None
        await until(self.task.done, "the stream ended")
        return self.error

    async def leave(self) -> None:
        assert self.task is not None
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


class Sky:
    """The observatory, and what is below and around it."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.supervisor = Supervisor()
        self.regions = Regions()
        self.commits = Commits(database, self.regions, self.supervisor)
        self.writer = Writer(database, self.commits.publish, self.supervisor)
        self.signer = TokenSigner(database.store_id, database.secret)
        self.observatory = Observatory(database, self.regions, self.signer, _encode, self.supervisor)

    def watch(self, query: Query, delivery: Delivery = Delivery(), *, held: bool = False) -> Subscriber:  # noqa: B008 - frozen
        subscriber = Subscriber()
        if not held:
            subscriber.gate.set()
        subscriber.task = asyncio.create_task(subscriber.read(self.observatory.subscribe(query, delivery)))
        return subscriber

    async def add(self, *keys: str) -> int:
        """Store projects, in one commit; return its revision."""
        futures = [self.writer.submit(create(PROJECTS, project(key))) for key in keys]
        return max([revision for _, revision in await asyncio.gather(*futures)])

    async def rename(self, key: str, name: str) -> int:
        command = partial(rows.change, resource=PROJECTS, key=key, values={"name": name}, check=lambda _row: None)
        _, revision = await self.writer.submit(command)
        return revision


@asynccontextmanager
async def sky(url: str) -> AsyncIterator[Sky]:
    """Run an observatory as long as the block; afterwards nothing is watched and no task is left."""
    database = Database(url).open()
    it = Sky(database)
    await it.commits.start()
    it.writer.start()
    it.observatory.start()
    try:
        yield it
        await until(lambda: len(it.observatory) == 0, "nobody watches any more")
        assert not vars(it.regions)["_listeners"]
    finally:
        await it.observatory.close()
        await it.writer.close()
        await it.commits.close()
        database.close()


@dataclass
class Counted:
    """A query that counts its fetches."""

    fetch: Fetch
    region: tuple[str, ...] = (listed("projects"),)
    key: str = "query"
    fetches: int = 0

    def _fetch(self, connection: Connection, previous: Value | None) -> Value:
        self.fetches += 1
        return self.fetch(connection, previous)

    @property
    def query(self) -> Query:
        return Query((self.key,), self.region, self._fetch)


def ids(connection: Connection, _previous: Value | None) -> Listing:
    """Fetch the list of all projects, oldest first so that it grows at its end."""
    return Listing(sorted(build_queries.project_ids(connection)), lambda found: ",".join(found).encode())


def count(connection: Connection, _previous: Value | None) -> Single:
    """Fetch how many projects there are."""
    return Single(b"%d" % len(build_queries.project_ids(connection)))
