"""Calls about the commits of the store."""

from collections.abc import AsyncGenerator, Sequence

from millstream.common.v1.change_service_pb2 import StreamChangesRequest, StreamChangesResponse
from millstream.common.v1.change_service_pb2_grpc import ChangeServiceStub
from millstream.streams.batches import one_by_one
from millstream.streams.tail import deliver
from millstream.transport.connection import Connection


class AsyncChanges:
    """The calls of ChangeService: what was changed in the store, by whomever."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def stream_changes(
        self, after_revision: int = 0, tables: Sequence[str] = ()
    ) -> AsyncGenerator[StreamChangesResponse, None]:
        """Yield the commits after `after_revision`, in order, each once: all, or those that changed one of `tables`.

        Raises RevisionCompactedError where the change log no longer reaches back so far.
        """
        request = StreamChangesRequest(after_revision=after_revision, tables=tables)
        commits = deliver(
            self._connection,
            lambda: self._connection.stub(ChangeServiceStub).StreamChanges,
            request,
            CommitCursor(request),
        )
        return one_by_one(commits)


class CommitCursor:
    """How far a feed has come, and what is new in a message."""

    def __init__(self, request: StreamChangesRequest) -> None:
        self._request = request

    def reopen(self) -> None:
        """Get ready for the messages of a new call: the request says already where it begins."""

    def take(self, response: StreamChangesResponse) -> list[StreamChangesResponse]:
        """Return the commit, unless it was there before."""
        if response.revision <= self._request.after_revision:
            return []
        self._request.after_revision, self._request.store_id = response.revision, response.store_id
        return [response]
