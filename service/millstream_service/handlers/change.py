"""ChangeService: what happened in the store, commit by commit."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

from millstream.common.v1.change_service_pb2 import StreamChangesRequest
from millstream_service.convert.positions import commit_to_message
from millstream_service.errors import OtherStoreError, ValidationFailedError
from millstream_service.handlers.shared.dependencies import Dependencies
from millstream_service.reactive.following import Following
from millstream_service.reactive.regions import EVERYTHING
from millstream_service.reactive.shared_reads import SharedReads
from millstream_service.reactive.signal import listening
from millstream_service.security.caller import Caller
from millstream_service.security.rpc_table import Rpc, RpcTable
from millstream_service.store import registry
from millstream_service.store.database.database import Database
from millstream_service.store.database.lanes import Lane
from millstream_service.store.history import change_log
from millstream_service.store.history.changes import Commit

RPCS = {"millstream.common.v1.ChangeService": {"StreamChanges": Rpc("common", None, "changes")}}
COMMITS_AT_ONCE = 200
MAX_QUICK_CHANGES = 200
"""The message of a commit with more takes more than a moment: it is made in a thread."""


class ChangeFeed:
    """See protos/millstream/common/v1/change_service.proto.

    Readers that wait for the next commit read it together, and get the same bytes; one that is behind reads pages of
    its own.
    """

    def __init__(self, dependencies: Dependencies, table: RpcTable) -> None:
        self.dependencies = dependencies
        self._table = table
        self._pages = SharedReads(self._read)

    async def StreamChanges(self, request: StreamChangesRequest, caller: Caller) -> AsyncIterator[bytes]:
        """Send every commit, in order, once: read on from the change log whenever a commit is published."""
        tables = self._tables(request, caller)
        self._check_store(request.store_id)
        revision = request.after_revision
        if revision < 0:
            raise ValidationFailedError("after_revision", f"is {revision}, must be 0 or more")
        following = Following()
        with listening(self.dependencies.regions, [EVERYTHING]) as signal:
            while True:
                signal.clear()
                page = await following.read(partial(self._pages.get, revision))
                for sent in page.commits:
                    message = await sent.message(tables)
                    if message:
                        yield message
                    revision = sent.commit.revision
                if not page.more:
                    await signal.wait()

    def _tables(self, request: StreamChangesRequest, caller: Caller) -> frozenset[str]:
        """Return whose changes are sent: of those asked for (all, where none are named) what the caller may see."""
        known = registry.names()
        for index, table in enumerate(request.tables):
            if table not in known:
                raise ValidationFailedError(f"tables[{index}]", f"must be one of {', '.join(known)}")
        return frozenset(request.tables or known) & self._table.seen_by(caller.visibility)

    def _check_store(self, store_id: bytes) -> None:
        """Raise OtherStoreError where a client comes from another store, ValidationFailedError where that is none."""
        ours = self.dependencies.database.store_id
        if store_id and len(store_id) != len(ours):
            raise ValidationFailedError("store_id", f"has {len(store_id)} bytes, must have {len(ours)}")
        if store_id not in (b"", ours):
            raise OtherStoreError(ours.hex())

    async def _read(self, revision: int) -> "_Page":
        query = partial(change_log.after, revision=revision, limit=COMMITS_AT_ONCE)
        page = await self.dependencies.database.read(query, Lane.PAGES)
        return _Page([_CommitMessage(commit, self.dependencies.database) for commit in page.commits], page.more)


@dataclass(frozen=True, slots=True)
class _Page:
    commits: "list[_CommitMessage]"
    more: bool


class _CommitMessage:
    """A commit and its messages, serialized once for all who read it together."""

    def __init__(self, commit: Commit, database: Database) -> None:
        self.commit = commit
        self._lanes = database.lanes
        self._store_id = database.store_id
        self._messages: dict[frozenset[str], bytes | asyncio.Future[bytes]] = {}

    async def message(self, tables: frozenset[str]) -> bytes:
        """Return what those who asked for these tables are sent: nothing (no bytes) where it does not concern them."""
        made = self._messages.get(tables)
        if made is None:
            make = partial(_message, self.commit, tables, self._store_id)
            quick = len(self.commit.changes) <= MAX_QUICK_CHANGES
            made = make() if quick else asyncio.ensure_future(self._lanes.run(Lane.MESSAGES, make))
            self._messages[tables] = made
        return made if isinstance(made, bytes) else await asyncio.shield(made)


def _message(commit: Commit, tables: frozenset[str], store_id: bytes) -> bytes:
    message = commit_to_message(commit, tables)
    if message is None:
        return b""
    message.store_id = store_id
    return message.SerializeToString()
