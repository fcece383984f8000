"""Searching logs."""
# ruff: noqa: ASYNC109 - gRPC takes the timeout

import asyncio
from collections.abc import AsyncGenerator, Sequence

from millstream.builds.v1.backend_service_pb2 import SearchBuildLogsRequest, SearchHit
from millstream.builds.v1.backend_service_pb2_grpc import BackendServiceStub
from millstream.errors import MillstreamError
from millstream.transport.connection import Connection
from millstream.transport.deadline import Deadline
from millstream.transport.retry import Outcome, outcome


async def search_batches(
    connection: Connection, request: SearchBuildLogsRequest, timeout: float | None, expired: list[str]
) -> AsyncGenerator[Sequence[SearchHit], None]:
    """Yield hits as they come, some at a time. Begun again only while none has come: later ones could repeat.

    The ids of builds whose logs have expired are added to `expired`.
    """
    deadline = Deadline(timeout)
    backoff = connection.retry.backoff()
    for attempt in range(1, connection.retry.max_attempts + 1):
        messages = connection.stream(
            lambda: connection.stub(BackendServiceStub).SearchBuildLogs, request, deadline.grpc_timeout()
        )
        has_hits = False
        try:
            async for response in messages:
                has_hits = True
                expired += response.expired_build_ids
                yield response.hits
            return
        except MillstreamError as error:
            if has_hits or attempt == connection.retry.max_attempts or outcome(error) is Outcome.ANSWERED:
                raise
            delay = backoff.next_delay(error)
            if delay >= deadline.remaining():
                raise
        finally:
            await messages.aclose()
        await asyncio.sleep(delay)
