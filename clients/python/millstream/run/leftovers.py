"""Sending what earlier runs left in the spool, one build after the other."""

import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

from millstream import AsyncClient
from millstream.answering import answers
from millstream.errors import (
    BuildNotFoundError,
    DiskFullError,
    InvalidArgumentError,
    ResourceExhaustedError,
    TooManyStreamsError,
)
from millstream.run.delivery import Delivery
from millstream.run.link import Message
from millstream.run.request import Destination
from millstream.run.service import find
from millstream.run.spool import Spool, leftovers

_PASSING = (DiskFullError, TooManyStreamsError)


async def settle(delivery: Delivery, spool: Spool) -> Message:
    """Send a spool; remove it, or put it aside where the service will never take it. Returns the outcome.

    Raises MillstreamError where it may be tried again.
    """
    try:
        lines = await delivery.run()
    except BuildNotFoundError:
        spool.remove()
        return {"dropped": "the build was deleted meanwhile"}
    except (InvalidArgumentError, ResourceExhaustedError) as error:
        if isinstance(error, _PASSING):
            raise
        return {"refused": f"the service refused it: {error}. It is kept in {spool.refuse(str(error))}"}
    spool.remove()
    return {"stored": lines}


async def send_leftovers(root: Path, own: Destination, own_client: AsyncClient) -> None:
    """Send what can be sent: what is for the same service as our own build, and for services that answer."""
    with contextlib.closing(leftovers(root)) as spools:
        for spool in spools:
            try:
                async with _client_for(spool.request.destination, own, own_client) as client:
                    if client is not None:
                        await settle(Delivery(spool, client), spool)
            except Exception as error:  # one bad spool must not keep the others
                spool.complain(f"not sent: {error!r}")


@contextlib.asynccontextmanager
async def _client_for(
    destination: Destination, own: Destination, own_client: AsyncClient
) -> AsyncGenerator[AsyncClient | None, None]:
    if destination == own:
        yield own_client
        return
    address = await find(destination)
    if address is None or not answers(address):
        yield None
        return
    async with AsyncClient(address) as client:
        yield client
