"""Who a store is: the id that its places in the feed carry, and the secret that its tokens are signed with.

A store that was restored from a backup is another one, from the first start on. Else who followed the old one would go
on with a revision that stands for something else, once the restored one has come as far. The store keeps where it was
opened last, and the file beside an SQLite database how far it had come: where either says otherwise, it gets a new id
and a new secret. What its settings are encrypted with stays.
"""

import logging
import os
from typing import Any, cast

from sqlalchemy import Connection, Row, false, select, update

from millstream_service.store.engines import engines, soundness
from millstream_service.store.engines.database_file import DatabaseFile
from millstream_service.store.schema.models import STATE

_log = logging.getLogger(__name__)
_STATE = select(STATE.c.store_id, STATE.c.secret, STATE.c.revision, STATE.c.place)
_WRITE_NOTHING = update(STATE).where(false()).values(place=None)
_ID_BYTES, _SECRET_BYTES = 16, 32
Identity = tuple[bytes, bytes]
"""A store's id, and its secret."""


def settle(connection: Connection, file: DatabaseFile) -> Identity:
    """Return who the store is, as somebody new where it was restored or is a copy. In a transaction that writes."""
    engine = engines.of(connection)
    connection.execute(_WRITE_NOTHING)  # a store that nobody can write to is refused now, not at the first write
    here = engine.place(connection, file)
    state = _state(connection)
    if here is None or (state.place == here and _is_known(state, here, file)):
        return state.store_id, state.secret
    engine.lock_writes(connection)  # of services that start at once the first decides
    state = _state(connection)
    if not _is_known(state, here, file):
        _log.warning("the database was restored from a backup, or copied: it has a new store id, clients start afresh")
        return renew(connection, file)
    connection.execute(update(STATE).values(place=here))
    file.note(state.store_id, state.revision)
    return state.store_id, state.secret


def renew(connection: Connection, file: DatabaseFile) -> Identity:
    """Make the store another one, and return who. In a transaction that has the lock of writes.

    It is noted before the commit: where that fails, the next who opens the store finds that the two do not agree.
    """
    place = engines.of(connection).place(connection, file)
    store_id, secret = os.urandom(_ID_BYTES), os.urandom(_SECRET_BYTES)
    connection.execute(update(STATE).values(store_id=store_id, secret=secret, place=place))
    file.note(store_id, _state(connection).revision)
    return store_id, secret


def _is_known(state: Row[Any], here: str, file: DatabaseFile) -> bool:
    if state.place not in {None, here}:
        return False
    return file.agrees(state.store_id, state.revision, opened_before=state.place is not None)


def _state(connection: Connection) -> Row[Any]:
    return cast("Row[Any]", soundness.only(connection, _STATE))
