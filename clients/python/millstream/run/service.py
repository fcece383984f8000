"""Where a build is recorded: the service named, the one at the default address, or one inside this process."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from millstream.address import DEFAULT
from millstream.cli.connection import QUICK, answers, server_extra
from millstream.cli.errors import NoServiceError
from millstream.run.request import Destination

if TYPE_CHECKING:
    from millstream_service.embedded import EmbeddedService

_log = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def reach(destination: Destination) -> AsyncGenerator[str, None]:
    """Give the address of that service; one inside this process lives as long as the context.

    A service that was named is not looked for: it may come later. Raises NoServiceError where none answers at the
    default address, and none can be started.
    """
    address = await find(destination)
    if address is not None:
        yield address
        return
    service = await asyncio.to_thread(_start, destination.database)
    try:
        yield service.address
    finally:
        await asyncio.to_thread(_stop, service)


async def find(destination: Destination) -> str | None:
    """Return where a service for it is running or will be; None where it takes one of our own."""
    if destination.address is not None or destination.database is not None:
        return destination.address
    return DEFAULT if await asyncio.to_thread(answers, DEFAULT, QUICK) else None


def _start(database: str | None) -> "EmbeddedService":
    with server_extra(f"no service answers at {DEFAULT}, and none can be started here"):
        from millstream_service.config import Config, default_database_url
        from millstream_service.embedded import EmbeddedService
        from millstream_service.errors import MillstreamServiceError
    try:
        return EmbeddedService(Config(listen="127.0.0.1:0", database=database or default_database_url())).__enter__()
    except (MillstreamServiceError, OSError) as error:
        raise NoServiceError(f"no service answers at {DEFAULT}, and none can be started here: {error}") from error


def _stop(service: "EmbeddedService") -> None:
    """Stop it. Where it has failed before, what it did not acknowledge is still in the spool: that is only noted."""
    from millstream_service.errors import ServiceFailedError

    try:
        service.__exit__()
    except ServiceFailedError as error:
        _log.error("%s", error)
