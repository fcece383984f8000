"""Makes a store another one by hand, where nobody can see that it was restored."""

from millstream_service.store.database import identity
from millstream_service.store.database.database import Database


def renew(url: str) -> bytes:
    """Give the store at a URL a new id and secret; return the id.

    Raises StoreBusyError where another process has its file, and what Database.open does.
    """
    database = Database(url)
    try:
        database.file.hold(alone=True)
        database.open()
        connection = database.connect_writer()
        with database.translating(), connection.begin():
            database.engine.lock_writes(connection)
            store_id, _ = identity.renew(connection, database.file)
        database.file.check()
        return store_id
    finally:
        database.close()
