"""Where a build is recorded: the service named, the user's own, the one at the default address, or one of ours."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from millstream.cli.shared.errors import NoServiceError
from millstream.local.destination import Destination
from millstream.local.finding import default_answers
from millstream.local.shared_service import SharedService
from millstream.transport import user_socket
from millstream.transport.address import DEFAULT


@contextlib.asynccontextmanager
async def reach(destination: Destination) -> AsyncGenerator[str, None]:
    """Give the address of that service; one inside this process lives as long as the context.

    A service that was named is not looked for: it may come later. One that others started, and that ends meanwhile, is
    replaced by one in this process, at the same address. Raises NoServiceError where none answers and none can be
    started.
    """
    if destination.address is not None:
        yield destination.address
        return
    if destination.database is None and await asyncio.to_thread(default_answers):
        yield DEFAULT
        return
    service = await asyncio.to_thread(_share, destination.database)
    try:
        yield service.address
    finally:
        await asyncio.to_thread(service.__exit__, None, None, None)


async def find(destination: Destination) -> str | None:
    """Return where a service for it is running or will be; None where it takes one of our own."""
    if destination.address is not None:
        return destination.address
    found = await asyncio.to_thread(user_socket.find, destination.database)
    if found is None and destination.database is None and await asyncio.to_thread(default_answers):
        return DEFAULT
    return found


def _share(database: str | None) -> SharedService:
    try:
        return SharedService(database).__enter__()
    except NoServiceError:
        raise
    except Exception as error:
        if not _is_foreseen(error):
            raise
        raise NoServiceError(f"no service answers, and none can be started here: {error}") from error


def _is_foreseen(error: Exception) -> bool:
    from millstream_service.errors import MillstreamServiceError

    return isinstance(error, MillstreamServiceError | OSError)
