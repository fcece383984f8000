"""ChangeService: what happened in the store, commit by commit."""

from collections.abc import AsyncIterator
from functools import partial

from millstream.common.v1.change_service_pb2 import StreamChangesRequest, StreamChangesResponse
from millstream_service.convert.positions import commit_to_message
from millstream_service.errors import ValidationFailedError
from millstream_service.handlers.parts import Parts
from millstream_service.reactive.regions import EVERYTHING
from millstream_service.reactive.signal import listening
from millstream_service.store import change_log
from millstream_service.store.resources import TABLES

COMMITS_AT_ONCE = 200


class ChangeFeed:
    """See protos/millstream/common/v1/change_service.proto."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts

    async def StreamChanges(
        self, request: StreamChangesRequest, _context: object
    ) -> AsyncIterator[StreamChangesResponse]:
        """Send every commit, in order, once: read on from the change log whenever a commit is published."""
        tables = _tables(request)
        revision = request.after_revision
        if revision < 0:
            raise ValidationFailedError("after_revision", f"is {revision}, must be 0 or more")
        with listening(self.parts.regions, [EVERYTHING]) as signal:
            while True:
                signal.clear()
                query = partial(change_log.after, revision=revision, limit=COMMITS_AT_ONCE)
                commits = await self.parts.database.read(query)
                for commit in commits:
                    message = commit_to_message(commit, tables)
                    if message is not None:
                        yield message
                    revision = commit.revision
                if not commits:
                    await signal.wait()


def _tables(request: StreamChangesRequest) -> frozenset[str]:
    for index, table in enumerate(request.tables):
        if table not in TABLES:
            raise ValidationFailedError(f"tables[{index}]", f"must be one of {', '.join(TABLES)}")
    return frozenset(request.tables)
