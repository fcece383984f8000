"""The reads that concern all of a store. Those of a domain are in a module of its own."""

from sqlalchemy import Connection, func, select

from millstream_service.store.engines.soundness import only
from millstream_service.store.schema.models import CHANGE_LOG, STATE

_SELECT_REVISION = select(STATE.c.revision).where(STATE.c.id == 1)


def revision(connection: Connection) -> int:
    """Return the revision of the newest commit. First in a transaction, it fixes what the transaction sees.

    Raises StoreCorruptError.
    """
    return int(only(connection, _SELECT_REVISION)[0])


def oldest_revision(connection: Connection) -> int | None:
    """Return the oldest revision left in the change log, or None where it is empty."""
    return connection.execute(select(func.min(CHANGE_LOG.c.revision))).scalar()
