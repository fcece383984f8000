"""AppendBuildLogs: what its batches come to. See `handlers.shared.appending`."""

from functools import partial
from typing import ClassVar

from millstream.builds.v1.backend_service_pb2 import AppendBuildLogsRequest, AppendBuildLogsResponse
from millstream_service.convert.logs.logs import Entries, check_entries, usual_batch
from millstream_service.handlers.shared.appending import Appending
from millstream_service.store.database.lanes import Lane
from millstream_service.store.logs import logs
from millstream_service.store.writing.commands import Command

MAX_QUICK_ENTRIES = 200


class LineAppending(Appending[logs.Appended, AppendBuildLogsResponse]):
    """Lines of builds' logs."""

    owner: ClassVar[str] = "build_id"

    async def command(
        self, request: AppendBuildLogsRequest, owner_id: str, writer_id: str
    ) -> tuple[Command[logs.Appended], int]:
        """Check a batch. Raises what `check_entries` does."""
        entries = await self._checked(request)
        append = partial(
            logs.append,
            build_id=owner_id,
            writer_id=writer_id,
            first_entry=request.first_entry,
            count=len(request.entries),
            encode=entries.encoder(owner_id),
        )
        return append, entries.size

    async def _checked(self, request: AppendBuildLogsRequest) -> Entries:
        """Check the lines: in a thread, where that takes long."""
        if usual := usual_batch(request):
            return usual
        if len(request.entries) <= MAX_QUICK_ENTRIES:
            return check_entries(request.entries)
        return await self.dependencies.database.lanes.run(Lane.MESSAGES, partial(check_entries, request.entries))

    def answer(self, result: logs.Appended) -> AppendBuildLogsResponse:
        """Return the answer for a batch that is stored."""
        return AppendBuildLogsResponse(durable_entry=result.durable_entry, last_seq=result.last_seq)

    def stored(self, owner_id: str, result: logs.Appended) -> None:
        """Have the log's chunks merged in time."""
        self.dependencies.merger.added(owner_id, result.bytes_added)
