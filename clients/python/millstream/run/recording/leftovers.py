"""Sending what earlier runs left in the spool, one build after the other."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

from millstream import AsyncClient
from millstream.errors import (
    BuildNotFoundError,
    DiskFullError,
    InvalidArgumentError,
    ResourceExhaustedError,
    TooManyStreamsError,
)
from millstream.local.destination import Destination
from millstream.local.reaching import find
from millstream.run.recording.delivery import Delivery
from millstream.run.recording.patience import wait_until_hopeless
from millstream.run.spool.link import Message
from millstream.run.spool.spool import Spool, leftovers
from millstream.transport.answering import answers

_PATIENCE = 10.0
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
    return {"stored": lines, "note": delivery.note}


async def send_leftovers(root: Path, own: Destination, own_client: AsyncClient, turn: asyncio.Event) -> None:
    """Send what can be sent: what is for the same service as our own build, and for services that answer.

    `turn` is set while our own build has nothing to send. One that comes no further is left to a later run.
    """
    with contextlib.closing(leftovers(root)) as spools:
        for spool in spools:
            try:
                async with _client_for(spool.request.destination, own, own_client) as client:
                    if client is not None:
                        await _send(spool, client, turn)
            except Exception as error:  # one bad spool must not keep the others
                spool.warn(f"not sent: {error!r}")


async def _send(spool: Spool, client: AsyncClient, turn: asyncio.Event) -> None:
    async def wait_for_turn() -> None:
        await asyncio.sleep(0)
        await turn.wait()

    delivery = Delivery(spool, client, turn=wait_for_turn)
    sending = asyncio.create_task(settle(delivery, spool), name="leftover")
    patience = asyncio.create_task(
        wait_until_hopeless(lambda: delivery.progress, _PATIENCE, is_held_up=lambda: not turn.is_set()), name="patience"
    )
    try:
        await asyncio.wait({sending, patience}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        sending.cancel()
        patience.cancel()
        await asyncio.wait({sending, patience})
    if sending.cancelled():
        spool.warn(f"not sent: nothing was acknowledged for {_PATIENCE:.0f} seconds")
    else:
        sending.result()


@contextlib.asynccontextmanager
async def _client_for(
    destination: Destination, own: Destination, own_client: AsyncClient
) -> AsyncGenerator[AsyncClient | None, None]:
    if destination == own:
        yield own_client
        return
    address = await find(destination)
    if address is None or not await asyncio.to_thread(answers, address):
        yield None
        return
    async with AsyncClient(address) as client:
        yield client
