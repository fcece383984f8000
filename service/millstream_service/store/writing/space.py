"""Gives room in the database that holds nothing back to the disk."""

import logging

from millstream_service.errors import MillstreamServiceError
from millstream_service.store.database.database import Database
from millstream_service.store.writing import pacing
from millstream_service.store.writing.writer import Writer

_log = logging.getLogger(__name__)


async def release(database: Database, writer: Writer) -> None:
    """Give it back, some at a time: other writes come in between. That it can't be given back is no reason to fail."""
    try:
        await pacing.repeat(writer, database.engine.release_some_space)
    except MillstreamServiceError as error:
        _log.warning("no space was freed: %s", error)
    except Exception:
        _log.exception("no space was freed")
